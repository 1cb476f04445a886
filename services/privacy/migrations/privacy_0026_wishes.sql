-- Every right may be asked for by address: `kind` names it. What a case says with it stands beside it until the code comes
-- back; the words of whoever asks are sealed like the address.
ALTER TABLE unconfirmed_request
  ADD COLUMN ground text,
  ADD COLUMN about text,
  ADD COLUMN sealed_statement bytea;
