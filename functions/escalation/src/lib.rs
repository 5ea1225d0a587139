//! Cases for people: queue, answers, hand-back.
