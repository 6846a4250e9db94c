//! Steps of chance: what somebody does, drawn before it is known what there will be by then.

use proptest::{collection::vec, option, prelude::*, sample::Index};

use super::market::{Command, Market, Request, Selection};

#[derive(Clone, Debug)]
pub enum Step {
    /// The same for everybody and at any time.
    Do(Command),
    UpdateCartItem {
        member: usize,
        line: Pick,
        quantity: i32,
    },
    RemoveFromCart {
        member: usize,
        lines: Vec<Pick>,
    },
    PlaceOrder {
        member: usize,
        selection: Wanted,
        points: Said,
        expected_total: Said,
        key: u8,
    },
    CancelOrder {
        member: usize,
        order: Pick,
        items: Option<Vec<usize>>,
    },
    /// An earlier command once more, word for word.
    Again(Index),
    /// An earlier order's key, for something else.
    KeyAgain {
        earlier: Index,
        selection: Wanted,
    },
}

#[derive(Clone, Debug)]
pub enum Wanted {
    Cart,
    CartItems(Vec<Pick>),
    Lines(Vec<(usize, i32)>),
}

/// One of one's own, or, now and then, any that there ever was, and one that there never was.
#[derive(Clone, Debug)]
pub struct Pick {
    is_own: bool,
    index: Index,
}

/// What a client says of a price.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    Nothing,
    Right,
    Wrong,
}

/// A step in a market of so many members and options.
pub fn step(members: usize, options: usize, products: usize) -> impl Strategy<Value = Step> {
    let member = move || 0..members;
    let option = move || 0..options;
    // One option more than there are, now and then.
    let any_option = move || prop_oneof![30 => 0..options, 1 => Just(options)];
    let quantity =
        || prop_oneof![20 => 1..4, 1 => Just(0), 1 => Just(-1), 1 => Just(998), 1 => Just(1_000)];
    let key = || 0..12_u8;
    let wanted = move || wanted(vec((any_option(), quantity()), 0..4).boxed());
    let amount = prop_oneof![
        10 => Just(5_000_i64), 5 => Just(1_000), 1 => Just(999), 1 => Just(5_000_000), 1 => Just(5_000_001)
    ];
    prop_oneof![
        4 => (member(), amount, key()).prop_map(|(member, amount, key)| {
            Step::Do(Command::Charge { member, amount, key })
        }),
        6 => (member(), any_option(), quantity()).prop_map(|(member, option, quantity)| {
            Step::Do(Command::AddToCart { member, option, quantity })
        }),
        2 => (member(), pick(), quantity()).prop_map(|(member, line, quantity)| {
            Step::UpdateCartItem { member, line, quantity }
        }),
        1 => (member(), vec(pick(), 0..3)).prop_map(|(member, lines)| {
            Step::RemoveFromCart { member, lines }
        }),
        1 => member().prop_map(|member| Step::Do(Command::ClearCart { member })),
        10 => (member(), wanted(), said(), said(), key()).prop_map(
            |(member, selection, points, expected_total, key)| {
                Step::PlaceOrder { member, selection, points, expected_total, key }
            }
        ),
        5 => (member(), pick(), option::of(vec(0..4_usize, 0..3))).prop_map(|(member, order, items)| {
            Step::CancelOrder { member, order, items }
        }),
        2 => (option(), prop_oneof![-4..0, 1..6]).prop_map(|(option, delta)| {
            Step::Do(Command::AdjustStock { option, delta })
        }),
        2 => (0..products, prop::bool::weighted(0.7)).prop_map(|(product, is_open)| {
            Step::Do(Command::SetOpen { product, is_open })
        }),
        1 => (0..products).prop_map(|product| Step::Do(Command::TakeOffSale { product })),
        2 => (1..700_i64).prop_map(|minutes| Step::Do(Command::Wait { minutes })),
        4 => any::<Index>().prop_map(Step::Again),
        2 => (any::<Index>(), wanted()).prop_map(|(earlier, selection)| {
            Step::KeyAgain { earlier, selection }
        }),
    ]
}

fn wanted(lines: BoxedStrategy<Vec<(usize, i32)>>) -> impl Strategy<Value = Wanted> {
    prop_oneof![
        2 => Just(Wanted::Cart),
        2 => vec(pick(), 0..4).prop_map(Wanted::CartItems),
        4 => lines.prop_map(Wanted::Lines),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    (prop::bool::weighted(0.9), any::<Index>()).prop_map(|(is_own, index)| Pick { is_own, index })
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![8 => Just(Said::Nothing), 2 => Just(Said::Right), 1 => Just(Said::Wrong)]
}

impl Step {
    /// The command that the step is, in the market as it is now. `None` for an earlier one where there was none.
    pub fn command(&self, market: &Market, earlier: &[Command]) -> Option<Command> {
        match self.clone() {
            Self::Do(command) => Some(command),
            Self::UpdateCartItem {
                member,
                line,
                quantity,
            } => Some(Command::UpdateCartItem {
                member,
                line: line.of_cart(market, member),
                quantity,
            }),
            Self::RemoveFromCart { member, lines } => Some(Command::RemoveFromCart {
                member,
                lines: of_cart(&lines, market, member),
            }),
            Self::PlaceOrder {
                member,
                selection,
                points,
                expected_total,
                key,
            } => {
                let selection = selection.of(market, member);
                let price = market.price(member, &selection).unwrap_or_default();
                let request = Request {
                    selection,
                    points: points.of(price),
                    expected_total: expected_total.of(price),
                };
                Some(Command::PlaceOrder {
                    member,
                    request,
                    key,
                })
            }
            Self::CancelOrder {
                member,
                order,
                items,
            } => Some(Command::CancelOrder {
                member,
                order: order.of_orders(market, member),
                items,
            }),
            Self::Again(index) if earlier.is_empty() => {
                _ = index;
                None
            }
            Self::Again(index) => Some(index.get(earlier).clone()),
            Self::KeyAgain { earlier, selection } => {
                let orders = market.orders.iter().collect::<Vec<_>>();
                if orders.is_empty() {
                    return None;
                }
                let order = earlier.get(&orders);
                let request = Request {
                    selection: selection.of(market, order.member),
                    points: None,
                    expected_total: None,
                };
                Some(Command::PlaceOrder {
                    member: order.member,
                    request,
                    key: order.key,
                })
            }
        }
    }
}

impl Wanted {
    fn of(&self, market: &Market, member: usize) -> Selection {
        match self {
            Self::Cart => Selection::Cart,
            Self::CartItems(lines) => Selection::CartItems(of_cart(lines, market, member)),
            Self::Lines(lines) => Selection::Lines(lines.clone()),
        }
    }
}

impl Pick {
    fn of_cart(&self, market: &Market, member: usize) -> usize {
        let own = market.members[member].cart.iter();
        self.of(own.map(|line| line.number), market.cart_lines)
    }

    fn of_orders(&self, market: &Market, member: usize) -> usize {
        let orders = market.orders.iter().enumerate();
        let own = orders.filter(|(_, order)| order.member == member);
        self.of(own.map(|(number, _)| number), market.orders.len())
    }

    /// `count` is the number of one that there never was.
    fn of(&self, own: impl Iterator<Item = usize>, count: usize) -> usize {
        let own = own.collect::<Vec<_>>();
        if self.is_own && !own.is_empty() {
            *self.index.get(&own)
        } else {
            self.index.index(count + 1)
        }
    }
}

fn of_cart(picks: &[Pick], market: &Market, member: usize) -> Vec<usize> {
    picks
        .iter()
        .map(|pick| pick.of_cart(market, member))
        .collect()
}

impl Said {
    fn of(self, price: i64) -> Option<i64> {
        match self {
            Self::Nothing => None,
            Self::Right => Some(price),
            Self::Wrong => Some(price + 1),
        }
    }
}
