-- Every look at somebody's purchases, with its purpose: the person reads in a copy when and what for (C-579/21).
CREATE TABLE sale_look (
  look_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  at timestamptz NOT NULL,
  purpose text NOT NULL,
  by uuid NOT NULL
);
CALL lethe.personal('sale_look');
CREATE INDEX ON sale_look (subject_id);

-- Staff find a license by what is shown of its key.
CREATE INDEX license_by_key_end ON license (key_end);
