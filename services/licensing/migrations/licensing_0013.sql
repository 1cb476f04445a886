-- What a device is called: emptied when its person is erased and the contract goes on.
ALTER TABLE activation ADD label text CHECK (length(label) BETWEEN 1 AND 60);
-- Until when a license file of a device counts, and since when the device holds no seat: its row stays as long as the file.
ALTER TABLE activation ADD leased_until timestamptz, ADD freed_at timestamptz;
CREATE INDEX file_over ON activation (leased_until) WHERE freed_at IS NOT NULL;
-- Products whose licenses count only on a device with a seat; a license keeps what its product said when it was sold.
ALTER TABLE product ADD fingerprint_required boolean NOT NULL DEFAULT false;
ALTER TABLE license ADD fingerprint_required boolean NOT NULL DEFAULT false;
