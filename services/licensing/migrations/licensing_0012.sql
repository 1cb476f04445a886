-- Devices end with their license, and what was agreed to with its order, when these end by their age.
ALTER TABLE activation DROP CONSTRAINT activation_license_id_fkey,
  ADD CONSTRAINT activation_license_id_fkey FOREIGN KEY (license_id) REFERENCES license ON DELETE CASCADE;
ALTER TABLE purchase_terms DROP CONSTRAINT purchase_terms_order_id_fkey,
  ADD CONSTRAINT purchase_terms_order_id_fkey FOREIGN KEY (order_id) REFERENCES purchase ON DELETE CASCADE;
