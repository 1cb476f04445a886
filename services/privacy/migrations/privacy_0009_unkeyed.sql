-- The tables of a participant whose personal values have no key to a person, as announced, and as they were when an
-- order was written. NULL: the participant has not said, or had not.
ALTER TABLE participant ADD COLUMN unkeyed jsonb;
ALTER TABLE order_participant ADD COLUMN unkeyed jsonb;
