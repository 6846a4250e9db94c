use std::num::NonZeroU32;

use clap::Args;

/// What `jangteo serve` can be told about how often anybody may ask.
#[derive(Args, Clone, Debug)]
pub struct RateSettings {
    /// Sign-ins and sign-ups of one address in a minute; 0 for any number. Behind one address may be an office.
    #[arg(long, env = "SIGN_INS_PER_MINUTE", default_value_t = 30)]
    pub sign_ins_per_minute: u32,

    /// Sign-ins of one address to one account in a minute; 0 for any number. The account's member, at another address, is
    /// not held up.
    #[arg(long, env = "GUESSES_PER_MINUTE", default_value_t = 5)]
    pub guesses_per_minute: u32,

    /// Mutations of one member in a minute; 0 for any number. More than anybody who taps, less than a program that errs.
    #[arg(long, env = "MUTATIONS_PER_MINUTE", default_value_t = 600)]
    pub mutations_per_minute: u32,

    /// What the operations of one member may cost in a minute, as QUERY_COST_MAX has it; 0 for any number. It takes about a
    /// second of a processor: more than whoever looks at pages, less than whoever copies the shop.
    #[arg(long, env = "COST_PER_MINUTE", default_value_t = 1_000_000)]
    pub cost_per_minute: u32,

    /// What the operations of one address may cost in a minute, of those who are not signed in; 0 for any number. Some two
    /// hundred pages a second: behind one address may be the customers of a mobile network, and behind a proxy that
    /// PROXIES does not count is everybody.
    #[arg(long, env = "STRANGER_COST_PER_MINUTE", default_value_t = 20_000_000)]
    pub stranger_cost_per_minute: u32,

    /// Requests of one member under way at once; 0 for any number. As many as browsers send in three tabs; what is beyond
    /// is told to come again (RATE_LIMITED), and takes no connection to the database from others.
    #[arg(long, env = "REQUESTS_AT_ONCE", default_value_t = 20)]
    pub requests_at_once: u32,

    /// Requests of one address under way at once, of those who are not signed in; 0 for any number. Behind one address may
    /// be the customers of a mobile network.
    #[arg(long, env = "STRANGER_REQUESTS_AT_ONCE", default_value_t = 500)]
    pub stranger_requests_at_once: u32,

    /// How many proxies every request comes through (0 to 10), each of which adds to `x-forwarded-for` whom it was asked by.
    /// Not more than there are, or anybody can say that they are somewhere else.
    #[arg(long, env = "PROXIES", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    pub proxies: u8,
}

/// How many there may be, in a minute where nothing else is said; `None` for any number.
#[derive(Clone, Debug)]
pub struct RateLimits {
    /// By address.
    pub sign_ins: Option<NonZeroU32>,
    /// By address and account.
    pub guesses: Option<NonZeroU32>,
    /// By member.
    pub mutations: Option<NonZeroU32>,
    /// What operations cost, by member.
    pub cost: Option<NonZeroU32>,
    /// What operations cost, by address, of those who are not signed in.
    pub strangers_cost: Option<NonZeroU32>,
    /// Under way at once, by member.
    pub at_once: Option<NonZeroU32>,
    /// Under way at once, by address, of those who are not signed in.
    pub strangers_at_once: Option<NonZeroU32>,
}

impl RateLimits {
    /// No limits.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            sign_ins: None,
            guesses: None,
            mutations: None,
            cost: None,
            strangers_cost: None,
            at_once: None,
            strangers_at_once: None,
        }
    }
}

impl RateSettings {
    /// The limits that follow from the settings.
    #[must_use]
    pub const fn limits(&self) -> RateLimits {
        RateLimits {
            sign_ins: NonZeroU32::new(self.sign_ins_per_minute),
            guesses: NonZeroU32::new(self.guesses_per_minute),
            mutations: NonZeroU32::new(self.mutations_per_minute),
            cost: NonZeroU32::new(self.cost_per_minute),
            strangers_cost: NonZeroU32::new(self.stranger_cost_per_minute),
            at_once: NonZeroU32::new(self.requests_at_once),
            strangers_at_once: NonZeroU32::new(self.stranger_requests_at_once),
        }
    }
}
