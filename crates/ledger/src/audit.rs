//! Looks whether the books agree with themselves. In: rows. Out: findings. Never here: SQL, repair.
