//! How the compiler packs tables: names into one text, since a reference to each would take more than the name itself.

/// Fills the first places and gives the others.
pub(super) const fn put<'a, T: Copy>(places: &'a mut [T], values: &[T]) -> &'a mut [T] {
    let (place, rest) = places.split_at_mut(values.len());
    place.copy_from_slice(values);
    rest
}

/// The names of two tables with a bar behind each.
pub(super) const fn names<const BYTES: usize, T>(first: &[(T, &str)], second: &[(T, &str)]) -> [u8; BYTES] {
    let mut names = [0; BYTES];
    let rest = put_names(&mut names, first);
    put_names(rest, second);
    names
}

const fn put_names<'a, T>(mut places: &'a mut [u8], mut rows: &[(T, &str)]) -> &'a mut [u8] {
    while let [(_, name), others @ ..] = rows {
        places = put(put(places, name.as_bytes()), b"|");
        rows = others;
    }
    places
}

/// Bytes of the names of a table.
pub(super) const fn length<T>(mut rows: &[(T, &str)]) -> usize {
    let mut length = 0;
    while let [(_, name), others @ ..] = rows {
        length += name.len() + 1;
        rows = others;
    }
    length
}

pub(super) const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}
