-- From whom staff take no orders for now. It goes with an erasure: an id that is somebody new is not banned.
CREATE TABLE ban (
  subject_id uuid PRIMARY KEY,
  reason text NOT NULL,
  banned_at timestamptz NOT NULL
);
CALL lethe.personal('ban');
