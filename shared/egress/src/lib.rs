//! The one place that calls a platform: allow-list, no redirects, time-outs.
