-- A case that failed somewhere is ordered again; what the rounds before did belongs in its certificate.
ALTER TABLE privacy_case ADD COLUMN earlier_orders uuid[];
