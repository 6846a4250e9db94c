//! The market as it should be: a specification that runs. Everything has a number, from 0 in the order in which it
//! came; nothing here knows a database, an id or a clock.

use std::collections::{BTreeMap, BTreeSet};

/// The most pieces in a line of a cart or an order.
pub const QUANTITY_MAX: i32 = 999;

pub const CHARGE_MIN: i64 = 1_000;
pub const CHARGE_MAX: i64 = 5_000_000;
pub const BALANCE_MAX: i64 = 10_000_000;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Charge {
        member: usize,
        amount: i64,
        key: u8,
    },
    AddToCart {
        member: usize,
        option: usize,
        quantity: i32,
    },
    /// 0 removes the line.
    UpdateCartItem {
        member: usize,
        line: usize,
        quantity: i32,
    },
    RemoveFromCart {
        member: usize,
        lines: Vec<usize>,
    },
    ClearCart {
        member: usize,
    },
    PlaceOrder {
        member: usize,
        request: Request,
        key: u8,
    },
    CancelOrder {
        member: usize,
        order: usize,
        /// Places in the order; `None` for all of it.
        items: Option<Vec<usize>>,
    },
    AdjustStock {
        option: usize,
        delta: i32,
    },
    /// Opens or closes a product's store.
    SetOpen {
        product: usize,
        is_open: bool,
    },
    TakeOffSale {
        product: usize,
    },
    Wait {
        minutes: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub selection: Selection,
    pub points: Option<i64>,
    pub expected_total: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Cart,
    CartItems(Vec<usize>),
    /// Options and quantities.
    Lines(Vec<(usize, i32)>),
}

/// What they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Balance(i64),
    Stock(i32),
    Order {
        order: usize,
        status: Status,
        refunded: i64,
    },
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    KeyReused,
    ChargeTooSmall,
    ChargeTooLarge,
    BalanceTooHigh {
        balance: i64,
    },
    NoSuchOption {
        index: usize,
    },
    NoSuchLine {
        index: usize,
    },
    QuantityOutOfRange {
        index: usize,
    },
    LineTooLarge,
    Empty,
    ProductUnavailable {
        index: Option<usize>,
    },
    StoreClosed {
        index: Option<usize>,
    },
    PriceChanged {
        expected: i64,
        actual: i64,
    },
    PointsMismatch {
        points: i64,
        total: i64,
    },
    /// Options, with what was asked for and what there is.
    InsufficientStock(Vec<(usize, i32, i32)>),
    InsufficientPoints {
        required: i64,
        balance: i64,
    },
    NoSuchOrder,
    NoSuchItem {
        index: usize,
    },
    StockOutOfRange {
        quantity: i32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Paid,
    Canceled,
}

/// Everything that there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Market {
    pub products: Vec<Product>,
    pub options: Vec<ProductOption>,
    pub members: Vec<Member>,
    pub orders: Vec<Order>,
    /// Pieces sold and not canceled, by the hour since the market opened and the product.
    pub sales: BTreeMap<(i64, usize), i64>,
    /// Minutes since the market opened.
    pub minute: i64,
    /// How many lines were ever put into carts.
    pub cart_lines: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub is_on_sale: bool,
    pub is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOption {
    pub product: usize,
    pub price: i64,
    pub stock: i32,
    /// Deltas, and what there was after each.
    pub adjustments: Vec<(i32, i32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    pub balance: i64,
    pub ledger: Vec<Entry>,
    /// In the order in which the lines were added.
    pub cart: Vec<CartLine>,
    /// What was charged, by key.
    pub charges: BTreeMap<u8, i64>,
    /// What was ordered, by key.
    pub ordered: BTreeMap<u8, (CanonicalRequest, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub action: Action,
    pub amount: i64,
    pub balance_after: i64,
    pub order: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Charge,
    Use,
    Refund,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    pub number: usize,
    pub option: usize,
    pub quantity: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub member: usize,
    pub key: u8,
    pub total: i64,
    pub refunded: i64,
    pub items: Vec<Item>,
    /// What happened to it, from the first: its status after, and which items moved.
    pub history: Vec<(Status, Vec<usize>)>,
    pub minute: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub option: usize,
    pub quantity: i32,
    pub line_total: i64,
    pub status: Status,
}

/// What two requests that ask for the same have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalRequest {
    selection: CanonicalSelection,
    points: Option<i64>,
    expected_total: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum CanonicalSelection {
    Cart,
    CartItems(BTreeSet<usize>),
    Lines(BTreeMap<usize, i32>),
}

/// A line that is meant, and where the client wrote it.
#[derive(Clone, Copy)]
struct Line {
    option: usize,
    quantity: i32,
    index: Option<usize>,
}

type Outcome = Result<Answer, Refusal>;

impl Market {
    pub fn obey(&mut self, command: &Command) -> Answer {
        self.try_to(command).unwrap_or_else(Answer::Refused)
    }

    fn try_to(&mut self, command: &Command) -> Outcome {
        match command.clone() {
            Command::Charge {
                member,
                amount,
                key,
            } => self.charge(member, amount, key),
            Command::AddToCart {
                member,
                option,
                quantity,
            } => self.add_to_cart(member, option, quantity),
            Command::UpdateCartItem {
                member,
                line,
                quantity,
            } => self.update_cart_item(member, line, quantity),
            Command::RemoveFromCart { member, lines } => self.remove_from_cart(member, &lines),
            Command::ClearCart { member } => {
                self.members[member].cart.clear();
                Ok(Answer::Done)
            }
            Command::PlaceOrder {
                member,
                request,
                key,
            } => self.place_order(member, &request, key),
            Command::CancelOrder {
                member,
                order,
                items,
            } => self.cancel_order(member, order, items),
            Command::AdjustStock { option, delta } => self.adjust_stock(option, delta),
            Command::SetOpen { product, is_open } => {
                self.products[product].is_open = is_open;
                Ok(Answer::Done)
            }
            Command::TakeOffSale { product } => {
                self.products[product].is_on_sale = false;
                Ok(Answer::Done)
            }
            Command::Wait { minutes } => {
                self.minute += minutes;
                Ok(Answer::Done)
            }
        }
    }

    fn charge(&mut self, member: usize, amount: i64, key: u8) -> Outcome {
        let member = &mut self.members[member];
        match member.charges.get(&key) {
            Some(charged) if *charged == amount => return Ok(Answer::Balance(member.balance)),
            Some(_) => return Err(Refusal::KeyReused),
            None => {}
        }
        if amount < CHARGE_MIN {
            return Err(Refusal::ChargeTooSmall);
        }
        if amount > CHARGE_MAX {
            return Err(Refusal::ChargeTooLarge);
        }
        if member.balance + amount > BALANCE_MAX {
            return Err(Refusal::BalanceTooHigh {
                balance: member.balance,
            });
        }
        member.charges.insert(key, amount);
        member.book(Action::Charge, amount, None);
        Ok(Answer::Balance(member.balance))
    }

    fn add_to_cart(&mut self, member: usize, option: usize, quantity: i32) -> Outcome {
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            return Err(Refusal::QuantityOutOfRange { index: 0 });
        }
        let found = self.options.get(option);
        let product = found.ok_or(Refusal::NoSuchOption { index: 0 })?.product;
        if !self.products[product].is_on_sale {
            return Err(Refusal::ProductUnavailable { index: None });
        }
        let cart = &mut self.members[member].cart;
        match cart.iter_mut().find(|line| line.option == option) {
            Some(line) if line.quantity + quantity > QUANTITY_MAX => {
                return Err(Refusal::LineTooLarge);
            }
            Some(line) => line.quantity += quantity,
            None => {
                let number = self.cart_lines;
                self.cart_lines += 1;
                cart.push(CartLine {
                    number,
                    option,
                    quantity,
                });
            }
        }
        Ok(Answer::Done)
    }

    fn update_cart_item(&mut self, member: usize, number: usize, quantity: i32) -> Outcome {
        if !(0..=QUANTITY_MAX).contains(&quantity) {
            return Err(Refusal::QuantityOutOfRange { index: 0 });
        }
        let cart = &mut self.members[member].cart;
        let line = cart.iter_mut().find(|line| line.number == number);
        line.ok_or(Refusal::NoSuchLine { index: 0 })?.quantity = quantity;
        cart.retain(|line| line.quantity > 0);
        Ok(Answer::Done)
    }

    fn remove_from_cart(&mut self, member: usize, numbers: &[usize]) -> Outcome {
        let cart = &mut self.members[member].cart;
        let is_there = |number: &usize| cart.iter().any(|line| line.number == *number);
        if let Some(index) = numbers.iter().position(|number| !is_there(number)) {
            return Err(Refusal::NoSuchLine { index });
        }
        cart.retain(|line| !numbers.contains(&line.number));
        Ok(Answer::Done)
    }

    fn place_order(&mut self, member: usize, request: &Request, key: u8) -> Outcome {
        request.check()?;
        let canonical = request.canonical();
        if let Some((earlier, order)) = self.members[member].ordered.get(&key) {
            return if *earlier == canonical {
                Ok(self.answer(*order))
            } else {
                Err(Refusal::KeyReused)
            };
        }
        let lines = self.select(member, &request.selection)?;
        self.check_offers(&lines)?;
        let total = lines.iter().map(|line| self.line_total(line)).sum();
        self.check_price(member, request, &lines, total)?;

        // From here on nothing is refused.
        let order = self.orders.len();
        let items = lines.iter().map(|line| Item {
            option: line.option,
            quantity: line.quantity,
            line_total: self.line_total(line),
            status: Status::Paid,
        });
        let items = items.collect::<Vec<_>>();
        for item in &items {
            self.options[item.option].stock -= item.quantity;
            *self.sales(self.minute, item.option) += i64::from(item.quantity);
        }
        let buyer = &mut self.members[member];
        buyer.book(Action::Use, -total, Some(order));
        match &request.selection {
            Selection::Lines(_) => {}
            Selection::Cart => buyer.cart.clear(),
            Selection::CartItems(numbers) => {
                buyer.cart.retain(|line| !numbers.contains(&line.number));
            }
        }
        buyer.ordered.insert(key, (canonical, order));
        self.orders.push(Order {
            member,
            key,
            total,
            refunded: 0,
            history: vec![(Status::Paid, (0..items.len()).collect())],
            items,
            minute: self.minute,
        });
        Ok(self.answer(order))
    }

    /// The lines that are meant, each option once.
    fn select(&self, member: usize, selection: &Selection) -> Result<Vec<Line>, Refusal> {
        let cart = &self.members[member].cart;
        let mut lines = Vec::<Line>::new();
        match selection {
            Selection::Cart if cart.is_empty() => return Err(Refusal::Empty),
            Selection::Cart => lines.extend(cart.iter().map(|line| line.at(None))),
            Selection::CartItems(numbers) => {
                for (index, number) in numbers.iter().enumerate() {
                    let line = cart.iter().find(|line| line.number == *number);
                    let line = line.ok_or(Refusal::NoSuchLine { index })?.at(Some(index));
                    if !numbers[..index].contains(number) {
                        lines.push(line);
                    }
                }
            }
            Selection::Lines(wanted) => {
                for (index, (option, quantity)) in wanted.iter().enumerate() {
                    match lines.iter_mut().find(|line| line.option == *option) {
                        Some(line) => line.quantity += quantity,
                        None => lines.push(Line {
                            option: *option,
                            quantity: *quantity,
                            index: Some(index),
                        }),
                    }
                }
            }
        }
        Ok(lines)
    }

    fn check_offers(&self, lines: &[Line]) -> Result<(), Refusal> {
        let mut closed = None;
        for Line { option, index, .. } in lines {
            let option = self.options.get(*option).ok_or(Refusal::NoSuchOption {
                index: index.unwrap_or_default(),
            })?;
            let product = &self.products[option.product];
            if !product.is_on_sale {
                return Err(Refusal::ProductUnavailable { index: *index });
            }
            if !product.is_open {
                closed = closed.or(Some(Refusal::StoreClosed { index: *index }));
            }
        }
        // What is gone for good is told before what may be there again tomorrow.
        closed.map_or(Ok(()), Err)
    }

    fn check_price(
        &self,
        member: usize,
        request: &Request,
        lines: &[Line],
        total: i64,
    ) -> Result<(), Refusal> {
        if let Some(expected) = request.expected_total.filter(|expected| *expected != total) {
            let actual = total;
            return Err(Refusal::PriceChanged { expected, actual });
        }
        if let Some(points) = request.points.filter(|points| *points != total) {
            return Err(Refusal::PointsMismatch { points, total });
        }
        let missing = lines.iter().map(|line| {
            let available = self.options[line.option].stock;
            (line.option, line.quantity, available)
        });
        let missing = missing.filter(|(_, wanted, available)| available < wanted);
        let missing = missing.collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(Refusal::InsufficientStock(missing));
        }
        let balance = self.members[member].balance;
        if balance < total {
            let required = total;
            return Err(Refusal::InsufficientPoints { required, balance });
        }
        Ok(())
    }

    fn cancel_order(&mut self, member: usize, order: usize, items: Option<Vec<usize>>) -> Outcome {
        let number = order;
        let order = self.orders.get_mut(order);
        let order = order.filter(|order| order.member == member);
        let order = order.ok_or(Refusal::NoSuchOrder)?;
        let mut items = items.unwrap_or_else(|| (0..order.items.len()).collect());
        if items.is_empty() {
            return Err(Refusal::Empty);
        }
        if let Some(index) = items.iter().position(|item| *item >= order.items.len()) {
            return Err(Refusal::NoSuchItem { index });
        }
        items.retain(|item| order.items[*item].status == Status::Paid);
        items.sort_unstable();
        items.dedup();
        if items.is_empty() {
            return Ok(self.answer(number));
        }

        let mut refund = 0;
        for item in &items {
            order.items[*item].status = Status::Canceled;
            refund += order.items[*item].line_total;
        }
        order.refunded += refund;
        order.history.push((order.status(), items.clone()));
        let Order {
            minute, items: all, ..
        } = order.clone();
        for item in items.iter().map(|item| &all[*item]) {
            self.options[item.option].stock += item.quantity;
            *self.sales(minute, item.option) -= i64::from(item.quantity);
        }
        self.members[member].book(Action::Refund, refund, Some(number));
        Ok(self.answer(number))
    }

    fn adjust_stock(&mut self, option: usize, delta: i32) -> Outcome {
        let option = &mut self.options[option];
        if option.stock + delta < 0 {
            return Err(Refusal::StockOutOfRange {
                quantity: option.stock,
            });
        }
        option.stock += delta;
        option.adjustments.push((delta, option.stock));
        Ok(Answer::Stock(option.stock))
    }

    /// What the lines of a request cost, as far as they can be bought at all.
    pub fn price(&self, member: usize, selection: &Selection) -> Option<i64> {
        let lines = self.select(member, selection).ok()?;
        self.check_offers(&lines).ok()?;
        Some(lines.iter().map(|line| self.line_total(line)).sum())
    }

    /// The products on sale that sold most in the last `minutes`, and how much.
    pub fn popular(&self, minutes: i64) -> Vec<(usize, i64)> {
        let mut sold = vec![0; self.products.len()];
        let recent = |order: &&Order| self.minute - order.minute < minutes;
        for order in self.orders.iter().filter(recent) {
            for item in order
                .items
                .iter()
                .filter(|item| item.status == Status::Paid)
            {
                sold[self.options[item.option].product] += i64::from(item.quantity);
            }
        }
        let sold = sold.into_iter().enumerate();
        let mut sold = sold
            .filter(|(product, sold)| *sold > 0 && self.products[*product].is_on_sale)
            .collect::<Vec<_>>();
        sold.sort_by_key(|(product, sold)| (-sold, *product));
        sold
    }

    fn line_total(&self, line: &Line) -> i64 {
        self.options[line.option].price * i64::from(line.quantity)
    }

    fn sales(&mut self, minute: i64, option: usize) -> &mut i64 {
        let product = self.options[option].product;
        self.sales.entry((minute / 60, product)).or_default()
    }

    fn answer(&self, order: usize) -> Answer {
        Answer::Order {
            order,
            status: self.orders[order].status(),
            refunded: self.orders[order].refunded,
        }
    }
}

impl Member {
    fn book(&mut self, action: Action, amount: i64, order: Option<usize>) {
        if amount != 0 {
            self.balance += amount;
            self.ledger.push(Entry {
                action,
                amount,
                balance_after: self.balance,
                order,
            });
        }
    }
}

impl Order {
    pub fn status(&self) -> Status {
        let is_canceled = |item: &Item| item.status == Status::Canceled;
        if self.items.iter().all(is_canceled) {
            Status::Canceled
        } else {
            Status::Paid
        }
    }
}

impl CartLine {
    fn at(&self, index: Option<usize>) -> Line {
        Line {
            option: self.option,
            quantity: self.quantity,
            index,
        }
    }
}

impl Request {
    /// What is wrong with it on the face of it.
    fn check(&self) -> Result<(), Refusal> {
        match &self.selection {
            Selection::CartItems(lines) if lines.is_empty() => Err(Refusal::Empty),
            Selection::Cart | Selection::CartItems(_) => Ok(()),
            Selection::Lines(lines) if lines.is_empty() => Err(Refusal::Empty),
            Selection::Lines(lines) => {
                let mut sums = BTreeMap::<usize, i32>::new();
                for (index, (option, quantity)) in lines.iter().enumerate() {
                    let sum = sums.entry(*option).or_default();
                    *sum += quantity;
                    if *quantity < 1 || *sum > QUANTITY_MAX {
                        return Err(Refusal::QuantityOutOfRange { index });
                    }
                }
                Ok(())
            }
        }
    }

    fn canonical(&self) -> CanonicalRequest {
        let selection = match &self.selection {
            Selection::Cart => CanonicalSelection::Cart,
            Selection::CartItems(lines) => {
                CanonicalSelection::CartItems(lines.iter().copied().collect())
            }
            Selection::Lines(lines) => {
                let mut sums = BTreeMap::new();
                for (option, quantity) in lines {
                    *sums.entry(*option).or_default() += quantity;
                }
                CanonicalSelection::Lines(sums)
            }
        };
        CanonicalRequest {
            selection,
            points: self.points,
            expected_total: self.expected_total,
        }
    }
}
