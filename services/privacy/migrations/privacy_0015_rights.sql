-- Which kinds and states there are is what case_transition says: each right brings its own machine.
ALTER TABLE privacy_case DROP CONSTRAINT privacy_case_kind_check, DROP CONSTRAINT privacy_case_state_check;

-- One open case of a person and right, in whatever state: what has ended has a day.
DROP INDEX one_open_case;
CREATE UNIQUE INDEX one_open_case ON privacy_case (subject_id, kind) WHERE closed_at IS NULL;
