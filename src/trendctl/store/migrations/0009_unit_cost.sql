-- What a unit cost when its day was first read, so that a cost told later does not rewrite past profit.

-- Landed cost with packaging, shipping and ads, in the listing's currency; NULL: not told yet, or told in another.
ALTER TABLE metric_day ADD COLUMN unit_minor INTEGER;

-- `cost_minor`: of the units of days whose cost is kept; `uncosted`: units of the other days.
ALTER TABLE metric_listing ADD COLUMN cost_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_listing ADD COLUMN uncosted INTEGER NOT NULL DEFAULT 0;
UPDATE metric_listing SET uncosted = coalesce(units, 0);
