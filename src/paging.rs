//! Keyset paging: a page is what comes after, or before, the sort key of a row, so pages stay right while rows are
//! added or removed.

use sea_orm::{Cursor, SelectorTrait, sea_query::IntoValueTuple};

/// The part of a sorted list that somebody wants. `K` is the sort key.
#[derive(Clone, Debug)]
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

impl<K: Clone> Window<K> {
    /// The keys that bound the window.
    pub fn bounds(&self) -> impl Iterator<Item = &K> {
        self.after.iter().chain(&self.before)
    }

    /// Narrows a sorted query to the window, and one row beyond it, by which the page knows that there are
    /// more. `values` gives the key as the query's sort columns.
    pub fn apply<'c, S: SelectorTrait, V: IntoValueTuple>(
        &self,
        cursor: &'c mut Cursor<S>,
        values: impl Fn(K) -> V,
    ) -> &'c mut Cursor<S> {
        if let Some(after) = &self.after {
            cursor.after(values(after.clone()));
        }
        if let Some(before) = &self.before {
            cursor.before(values(before.clone()));
        }
        let rows = self.size as u64 + 1;
        if self.from_the_end {
            cursor.last(rows)
        } else {
            cursor.first(rows)
        }
    }

    /// The page of the rows that the narrowed query gave.
    pub fn page<M>(&self, mut rows: Vec<M>) -> Page<M> {
        let has_more = rows.len() > self.size;
        if has_more && self.from_the_end {
            rows.remove(0);
        } else {
            rows.truncate(self.size);
        }
        let (has_previous, has_next) = if self.from_the_end {
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
                vec![1, 2, 3],
                (vec![2, 3], true, false),
            ),
            (
                window(2, true, Some(4)),
                vec![2, 3],
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
