//! Claims, discloses, sends and settles replies.
