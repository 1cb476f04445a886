-- Terms of seats: within how many minutes a program has to ask again to keep one, and how many devices beyond the limit are let in.
ALTER TABLE policy ADD heartbeat_minutes integer CHECK (heartbeat_minutes > 0),
  ADD overage text NOT NULL DEFAULT 'none' CHECK (overage IN ('none', '1.25x', '1.5x', '2x', 'always'));
