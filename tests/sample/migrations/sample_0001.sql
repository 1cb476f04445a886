CREATE TABLE note (
  note_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  friend_id uuid,
  author_id uuid,
  text text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);
CALL lethe.personal('note');
CALL lethe.mentions('note', 'friend_id');
CALL lethe.mentions('note', 'author_id');

CREATE TABLE receipt (
  receipt_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  payer_id uuid,
  amount_cents bigint NOT NULL,
  wish text
);
CALL lethe.kept('receipt');
CALL lethe.mentions('receipt', 'payer_id');

CREATE TABLE membership (
  membership_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL
);
CALL lethe.kept('membership', true);
