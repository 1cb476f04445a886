-- With its prefix, as VIES writes it; empty in Poland, whose number is the NIP, and for consumers.
ALTER TABLE account ADD vat_number text NOT NULL DEFAULT '';
ALTER TABLE sign_up ADD vat_number text NOT NULL DEFAULT '';
