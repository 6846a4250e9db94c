//! Keyset paging: a page is what comes after, or before, the sort key of a row, so pages stay right while rows are
//! added or removed, and a page far down a list costs what the first one does.

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, Value,
    sea_query::{Asterisk, Expr, Query, SelectStatement, UnionType},
};

/// The part of a sorted list that somebody wants. `K` is the sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window<K> {
    pub after: Option<K>,
    pub before: Option<K>,
    /// Rows at most.
    pub size: usize,
    /// Whether the rows nearest to the end are wanted, rather than those nearest to the start.
    pub from_the_end: bool,
}

/// The rows of a window, in the list's order, and whether there are others around them.
#[derive(Clone, Debug)]
pub struct Page<M> {
    pub rows: Vec<M>,
    pub has_previous: bool,
    pub has_next: bool,
}

/// How a list is sorted: by columns of which the last tells rows apart, all of them in one direction.
pub struct Sorting<E: EntityTrait, K> {
    pub columns: Vec<E::Column>,
    pub order: Order,
    /// A sort key as values of the columns.
    pub values: fn(&K) -> Vec<Value>,
}

/// Lists read by one statement; SQLite joins no more than 500.
const LISTS_MAX: usize = 100;

impl<E: EntityTrait, K> Sorting<E, K> {
    /// The window's part of each of the lists, and one row beyond it, by which [`Window::page`] knows that there
    /// are more. The rows of all the lists come mixed, but each list's in the order that the page wants.
    pub async fn read(
        &self,
        db: &impl ConnectionTrait,
        window: &Window<K>,
        lists: impl IntoIterator<Item = Select<E>>,
    ) -> Result<Vec<E::Model>, DbErr> {
        let parts = lists
            .into_iter()
            .map(|list| self.narrowed(list, window))
            .collect::<Vec<_>>();
        let mut rows = Vec::new();
        for parts in parts.chunks(LISTS_MAX) {
            let statement = match parts {
                [alone] => db.get_database_backend().build(alone),
                several => db
                    .get_database_backend()
                    .build(&self.together(several, window)),
            };
            rows.extend(E::find().from_raw_sql(statement).all(db).await?);
        }
        Ok(rows)
    }

    /// The statement that reads the window's part of a list, and one row beyond it. It compares whole keys at once,
    /// `(price, id) > ($1, $2)`: that is what an index can seek.
    #[must_use]
    pub fn narrowed(&self, mut list: Select<E>, window: &Window<K>) -> SelectStatement {
        let key = || Expr::tuple(self.columns.iter().copied().map(Expr::col));
        let value = |bound| Expr::tuple((self.values)(bound).into_iter().map(Expr::val));
        let is_ascending = self.order == Order::Asc;
        for (bound, is_above) in [
            (&window.after, is_ascending),
            (&window.before, !is_ascending),
        ] {
            if let Some(bound) = bound {
                list = list.filter(if is_above {
                    key().gt(value(bound))
                } else {
                    key().lt(value(bound))
                });
            }
        }
        for (column, order) in self.order(window) {
            list = list.order_by(column, order);
        }
        list.limit(window.size as u64 + 1).into_query()
    }

    fn together(&self, parts: &[SelectStatement], window: &Window<K>) -> SelectStatement {
        // SQLite wants a part with an order and a limit of its own to be a subquery.
        let mut parts = parts.iter().map(|part| {
            Query::select()
                .column(Asterisk)
                .from_subquery(part.clone(), "part")
                .take()
        });
        let mut together = parts.next().unwrap_or_default();
        together.unions(parts.map(|part| (UnionType::All, part)));
        for (column, order) in self.order(window) {
            together.order_by(column, order);
        }
        together
    }

    /// In which order the window's rows are read: one at the list's end is read from there.
    #[must_use]
    pub fn order(&self, window: &Window<K>) -> Vec<(E::Column, Order)> {
        let order = match (&self.order, window.from_the_end) {
            (Order::Asc, true) => Order::Desc,
            (_, true) => Order::Asc,
            (order, false) => order.clone(),
        };
        let columns = self.columns.iter();
        columns.map(|column| (*column, order.clone())).collect()
    }
}

impl<K> Window<K> {
    /// The keys that bound the window.
    pub fn bounds(&self) -> impl Iterator<Item = &K> {
        self.after.iter().chain(&self.before)
    }

    /// The page of the rows of one list that [`Sorting::read`] gave.
    pub fn page<M>(&self, mut rows: Vec<M>) -> Page<M> {
        let has_more = rows.len() > self.size;
        rows.truncate(self.size);
        let (has_previous, has_next) = if self.from_the_end {
            rows.reverse();
            (has_more, self.before.is_some())
        } else {
            (self.after.is_some(), has_more)
        };
        Page {
            rows,
            has_previous,
            has_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(size: usize, from_the_end: bool, bound: Option<i32>) -> Window<i32> {
        let (after, before) = if from_the_end {
            (None, bound)
        } else {
            (bound, None)
        };
        Window {
            after,
            before,
            size,
            from_the_end,
        }
    }

    #[test]
    fn the_row_beyond_the_window_tells_that_there_are_more() {
        for (window, rows, expected) in [
            (
                window(2, false, None),
                vec![1, 2, 3],
                (vec![1, 2], false, true),
            ),
            (
                window(2, false, Some(0)),
                vec![1, 2],
                (vec![1, 2], true, false),
            ),
            (
                window(2, true, None),
                vec![3, 2, 1],
                (vec![2, 3], true, false),
            ),
            (
                window(2, true, Some(4)),
                vec![3, 2],
                (vec![2, 3], false, true),
            ),
            (window(0, false, None), vec![1], (vec![], false, true)),
            (window(0, true, None), vec![3], (vec![], true, false)),
        ] {
            let page = window.page(rows);
            assert_eq!(
                (page.rows, page.has_previous, page.has_next),
                expected,
                "{window:?}"
            );
        }
        assert_eq!(window(1, true, Some(4)).bounds().collect::<Vec<_>>(), [&4]);
    }
}
