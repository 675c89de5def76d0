//! Parts of lists: `limit` and `after`, for every list that a test can make long.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::control::Problem;

/// The part of a list to return.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Page {
    /// The most items to return; omitted, all.
    #[schemars(range(min = 1))]
    pub(super) limit: Option<u64>,
    /// Return the items after this one: the `next` of the part before. Omitted, the first ones.
    pub(super) after: Option<String>,
}

/// Some items of a list.
#[derive(Debug)]
pub(super) struct Part<T> {
    pub(super) items: Vec<T>,
    /// The name of the last item, if more follow.
    pub(super) next: Option<String>,
}

impl Page {
    /// Returns the part of a list. The names of the items must be different.
    pub(super) fn of<T>(
        &self,
        items: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<Part<T>, Problem> {
        let skipped = match &self.after {
            None => 0,
            Some(after) => {
                let last = items.iter().position(|item| name(item) == *after);
                let gone =
                    || Problem::in_query("after", "there is no such item any more; begin anew");
                last.ok_or_else(gone)? + 1
            }
        };
        self.part(items, skipped, name)
    }

    /// Returns the part of a list in the order of its numbers. The item of `after` need not be in the list any more.
    pub(super) fn of_numbered<T>(
        &self,
        items: Vec<T>,
        number: impl Fn(&T) -> u64,
    ) -> Result<Part<T>, Problem> {
        let after: u64 = match &self.after {
            None => 0,
            Some(after) => after
                .parse()
                .map_err(|_| Problem::in_query("after", "must be the number of a request"))?,
        };
        let skipped = items.partition_point(|item| number(item) <= after);
        self.part(items, skipped, |item| number(item).to_string())
    }

    fn part<T>(
        &self,
        items: Vec<T>,
        skipped: usize,
        name: impl Fn(&T) -> String,
    ) -> Result<Part<T>, Problem> {
        let limit = match self.limit {
            Some(0) => return Err(Problem::in_query("limit", "must be at least 1")),
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let more = items.len() - skipped > limit;
        let items: Vec<T> = items.into_iter().skip(skipped).take(limit).collect();
        let next = items.last().filter(|_| more).map(name);
        Ok(Part { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(limit: Option<u64>, after: Option<&str>) -> Result<(Vec<u8>, Option<String>), ()> {
        let after = after.map(str::to_owned);
        let part = Page { limit, after }.of(vec![1, 2, 3], u8::to_string);
        part.map(|part| (part.items, part.next)).map_err(drop)
    }

    #[test]
    fn parts_follow_each_other_until_there_is_no_next() {
        let two = || Some("2".to_owned());
        assert_eq!(part(None, None), Ok((vec![1, 2, 3], None)));
        assert_eq!(part(Some(2), None), Ok((vec![1, 2], two())));
        assert_eq!(part(Some(2), Some("2")), Ok((vec![3], None)));
        assert_eq!(part(Some(1), Some("2")), Ok((vec![3], None)));
        assert_eq!(part(Some(3), None), Ok((vec![1, 2, 3], None)));
        assert_eq!(part(None, Some("3")), Ok((vec![], None)));
        assert_eq!(part(Some(0), None), Err(()));
        assert_eq!(part(None, Some("4")), Err(()));
    }

    #[test]
    fn numbered_items_follow_the_number_even_if_it_is_gone() {
        let part = |limit, after: &str| {
            let after = Some(after.to_owned());
            let items: Vec<u64> = vec![2, 4, 6];
            let part = Page { limit, after }.of_numbered(items, |number| *number);
            part.map(|part| (part.items, part.next)).map_err(drop)
        };
        assert_eq!(part(Some(1), "0"), Ok((vec![2], Some("2".to_owned()))));
        assert_eq!(part(None, "3"), Ok((vec![4, 6], None)));
        assert_eq!(part(None, "6"), Ok((vec![], None)));
        assert_eq!(part(None, "x"), Err(()));
    }
}
