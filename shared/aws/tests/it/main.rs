//! The hosts, driven by events as Lambda delivers them.

#[cfg(test)]
mod comprehend;
#[cfg(test)]
mod dynamodb;
#[cfg(test)]
mod http_host;
#[cfg(test)]
mod lane;
#[cfg(test)]
mod queue_host;
#[cfg(test)]
mod runtime;
#[cfg(test)]
#[path = "../../../../tests/runtime_api.rs"]
mod runtime_api;
#[cfg(test)]
mod services;
#[cfg(test)]
mod start;
