-- Stock told anew begins anew, also with the number that was told before; and sold units of which no number is known.

-- How often the seller told the stock; and the telling that the central quantity began with.
ALTER TABLE supply ADD COLUMN stock_tellings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stock ADD COLUMN tellings INTEGER NOT NULL DEFAULT 0;

-- Days with revenue whose units are not given: what was sold on them cost nobody knows what.
ALTER TABLE metric_listing ADD COLUMN unit_gaps INTEGER NOT NULL DEFAULT 0;
UPDATE metric_listing SET unit_gaps = (SELECT count(*) FROM metric_day d
    WHERE d.number = metric_listing.number AND d.revenue_minor > 0 AND d.units IS NULL);
