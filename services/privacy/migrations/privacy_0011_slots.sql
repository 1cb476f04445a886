-- For how many people the answer of a participant is awaited. NULL in an order of before: it holds no slot, and is
-- reminded by the length of its order. Generated, so that an instance of before keeps it right while both run.
ALTER TABLE order_participant ADD COLUMN awaited integer;
UPDATE order_participant p SET awaited = cardinality(o.subjects) FROM erasure_order o
WHERE o.order_id = p.order_id AND o.open;
ALTER TABLE order_participant ADD COLUMN owes boolean GENERATED ALWAYS AS (answered < awaited) STORED;
CREATE INDEX owing ON order_participant (service) WHERE owes;
