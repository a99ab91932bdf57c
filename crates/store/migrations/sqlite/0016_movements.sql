-- What moved balances and was no request, newest first, of everybody and of one workspace. Charges are in none of these.
CREATE INDEX credit_workspace ON credit (workspace);
CREATE INDEX transfer_moved ON transfer (at, ref, code, leg) WHERE code IN (1, 4);
CREATE INDEX transfer_broken ON transfer (debit) WHERE code = 4;
