//! Several short texts in one allocation.

/// Texts one after the other, each after its length: in one byte, or in two bytes after [`LONG`].
#[derive(Debug, Default)]
pub(super) struct Texts(Box<[u8]>);

/// Marks an absent text.
const ABSENT: u8 = u8::MAX;
/// Marks a length in two bytes.
const LONG: u8 = ABSENT - 1;

/// Collects [`Texts`].
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(192))
    }

    /// Appends a text, cut to at most `limit` bytes at the end of a character.
    pub(super) fn push(&mut self, text: Option<&str>, limit: usize) {
        let Some(text) = text else {
            self.0.push(ABSENT);
            return;
        };
        let text = cut(text, limit.min(usize::from(u16::MAX)));
        match u8::try_from(text.len()) {
            Ok(short) if short < LONG => self.0.push(short),
            _ => {
                let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
                self.0.push(LONG);
                self.0.extend(length.to_le_bytes());
            }
        }
        self.0.extend(text.as_bytes());
    }

    /// Returns the number of bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn finish(self) -> Texts {
        Texts(self.0.into_boxed_slice())
    }
}

impl Texts {
    /// Returns the texts in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (mark, mut after) = rest.split_first()?;
            let length = match *mark {
                ABSENT => {
                    rest = after;
                    return Some(None);
                }
                LONG => {
                    let (length, text) = after.split_first_chunk::<2>()?;
                    after = text;
                    usize::from(u16::from_le_bytes(*length))
                }
                short => usize::from(short),
            };
            let (text, others) = after.split_at_checked(length)?;
            rest = others;
            // `Writer` copied whole characters.
            Some(Some(std::str::from_utf8(text).unwrap_or_default()))
        })
    }

    /// Returns the text at that position, where there is one.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        self.iter().nth(index).flatten()
    }

    /// Returns the bytes on the heap.
    pub(super) fn heap(&self) -> usize {
        super::entry::heap(self.0.len())
    }
}

/// Returns the longest beginning of a text that has at most `limit` bytes and ends with a whole character.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_were_written() {
        let mut writer = Writer::new();
        let (short, long) = ("s".repeat(253), "l".repeat(254));
        for text in [
            Some("é"),
            None,
            Some(""),
            Some("plain"),
            Some(&*short),
            Some(&*long),
        ] {
            writer.push(text, 300);
        }
        let texts = writer.finish();
        let read: Vec<_> = texts.iter().collect();
        assert_eq!(
            read,
            [
                Some("é"),
                None,
                Some(""),
                Some("plain"),
                Some(&*short),
                Some(&*long)
            ]
        );
        assert_eq!(
            (texts.get(3), texts.get(1), texts.get(6)),
            (Some("plain"), None, None)
        );
    }

    #[test]
    fn a_long_text_is_cut_at_a_whole_character() {
        let mut writer = Writer::new();
        writer.push(Some("aéé"), 4);
        assert_eq!(writer.finish().get(0), Some("aé"));
    }
}
