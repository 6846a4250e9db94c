//! Payments: the gateways that take and give back money, and what they send by themselves.

pub mod gateway;
pub mod webhook;
