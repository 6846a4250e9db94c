//! Payments: what gateways send by themselves.

pub mod webhook;
