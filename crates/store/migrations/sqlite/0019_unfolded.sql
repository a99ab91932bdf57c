-- What is in no sum yet is called by what it is: orders wait too.
ALTER TABLE facts_waiting RENAME TO facts_unfolded;
