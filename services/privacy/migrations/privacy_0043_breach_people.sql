-- Officers are written to before the 72 hours of a breach end, each time once.
CREATE TABLE breach_alarm (
  breach_id uuid NOT NULL REFERENCES breach,
  hours integer NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  tries integer NOT NULL DEFAULT 0,
  ended_at timestamptz,
  PRIMARY KEY (breach_id, hours)
);
