//! Who is registered, by name and in order.

use std::collections::HashMap;

/// Things by name, which remember the order they were written in.
#[derive(Debug)]
pub(super) struct Registry<T> {
    items: Vec<T>,
    index: HashMap<String, usize>,
}

impl<T> Registry<T> {
    pub(super) fn new(items: Vec<T>, name: impl Fn(&T) -> &str) -> Self {
        let index = items
            .iter()
            .enumerate()
            .map(|(at, item)| (name(item).to_owned(), at))
            .collect();
        Self { items, index }
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.index.get(name).map(|at| &self.items[*at])
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// The one of that name, or the first where none is named.
    pub(super) fn pick(&self, name: Option<&str>) -> Result<&T, NotThere> {
        let found = match name {
            Some(name) => self.get(name),
            None => self.items.first(),
        };
        found.ok_or_else(|| {
            let mut known: Vec<&str> = self.index.keys().map(String::as_str).collect();
            known.sort_unstable();
            NotThere {
                asked: name.unwrap_or("(the first)").to_owned(),
                known: if known.is_empty() {
                    "none; add one to the fixtures".to_owned()
                } else {
                    known.join(", ")
                },
            }
        })
    }
}

/// What was asked for, and what there is.
#[derive(Debug)]
pub(super) struct NotThere {
    pub(super) asked: String,
    pub(super) known: String,
}
