//! independent_eyes
