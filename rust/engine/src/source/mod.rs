//! Files as bytes: which belong to the project (walk), what they hold (read), whether they changed (hash).

pub mod hash;
pub mod read;
pub mod sniff;
pub mod walk;
