//! Reading JSON strictly, for every document that a person writes by hand.

pub(crate) mod object;
