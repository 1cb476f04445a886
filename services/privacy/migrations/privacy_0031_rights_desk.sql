-- A case by an address that its person used before waits until it is certain who asks, whatever the right.
INSERT INTO case_transition (kind, before, after, actor)
SELECT kind, step.before, step.after, step.actor
FROM (VALUES ('marketing-objection', 'applying'), ('objection', 'applying'), ('human-review', 'under review'),
  ('rectification', 'under review')) AS r (kind, begins)
CROSS JOIN LATERAL (VALUES
  ('', 'identity pending', 'person'),
  ('identity pending', begins, 'officer'),
  ('identity pending', 'refused', 'officer'),
  ('identity pending', 'withdrawn', 'person'),
  ('identity pending', 'ended', 'participants')) AS step (before, after, actor);

-- A step of the staff that none of them makes is the person's own.
CREATE OR REPLACE FUNCTION lethe.note_steps(steps lethe.case_step[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO case_event (case_id, actor, before, after, reason, by)
  SELECT s.case_id,
    CASE WHEN t.actor = 'staff' AND nullif(current_setting('lethe.by', true), '') IS NULL THEN 'person'
      ELSE coalesce(t.actor, lethe.no_such_step(s.before, s.after)) END,
    s.before, s.after,
    coalesce(current_setting('lethe.reason', true), ''), nullif(current_setting('lethe.by', true), '')::uuid
  FROM unnest(steps) AS s
  LEFT JOIN case_transition t ON t.kind = s.kind AND t.before = s.before AND t.after = s.after
$$;

-- Whoever was told of a restriction is told that it has ended (GDPR Art. 19).
ALTER TABLE recipient_notice
  ADD COLUMN lifted boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT recipient_notice_case_id_subject_id_recipient_key,
  ADD UNIQUE (case_id, subject_id, recipient, lifted),
  ADD CONSTRAINT only_a_restriction_is_lifted CHECK (about = 'restriction' OR NOT lifted);

-- Who left before it had applied a correction: nobody waits for it any more.
ALTER TABLE case_correction ADD COLUMN gone text[] NOT NULL DEFAULT '{}';
