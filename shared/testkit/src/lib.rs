//! Conformance suites, fault wrapper, builders, movable clock, platform stand-ins.
