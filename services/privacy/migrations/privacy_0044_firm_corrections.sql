-- What is right about a firm, and the country of an address.
ALTER TABLE case_correction ADD COLUMN country text, ADD COLUMN company text, ADD COLUMN nip text,
  DROP CONSTRAINT case_correction_check,
  ADD CHECK (num_nonnulls(full_name, street, postal_code, city, country, company, nip) > 0);
