-- Images made, by request; rows from before made none.
ALTER TABLE usage ADD COLUMN images bigint;
