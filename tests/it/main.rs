//! One test binary; its tree mirrors what is tested.
