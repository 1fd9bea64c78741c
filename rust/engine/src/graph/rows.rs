//! Compressed sparse rows: many short lists of numbers in two columns, read by row.

/// Row `i` is `items[starts[i]..starts[i + 1]]`.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub starts: Vec<u32>,
    pub items: Vec<u32>,
}

impl Rows {
    /// Puts each item into the row that `row_of` names, in the order of arrival; an item without a row is left out.
    pub fn group(rows: usize, items: impl Iterator<Item = u32> + Clone, row_of: impl Fn(u32) -> Option<u32>) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for item in items.clone() {
            if let Some(row) = row_of(item) {
                starts[row as usize + 1] += 1;
            }
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut grouped = vec![0u32; starts[rows] as usize];
        for item in items {
            if let Some(row) = row_of(item) {
                grouped[next[row as usize] as usize] = item;
                next[row as usize] += 1;
            }
        }
        Self { starts, items: grouped }
    }

    pub fn row(&self, row: u32) -> &[u32] {
        let row = row as usize;
        if row + 1 >= self.starts.len() {
            return &[];
        }
        &self.items[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Sorts every row by a key; equal keys stay in order.
    pub fn sort_rows_by_key<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for row in 0..self.starts.len().saturating_sub(1) {
            let (start, end) = (self.starts[row] as usize, self.starts[row + 1] as usize);
            self.items[start..end].sort_by_key(|&item| key(item));
        }
    }
}

/// The items of a sorted row whose key equals `key`.
pub fn equal_range<K: Ord>(row: &[u32], key: K, key_of: impl Fn(u32) -> K) -> &[u32] {
    let start = row.partition_point(|&item| key_of(item) < key);
    let end = start + row[start..].partition_point(|&item| key_of(item) == key);
    &row[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_fall_into_their_rows_in_order() {
        let mut rows = Rows::group(3, 0..7, |item| (item != 3).then_some(item % 3));
        assert_eq!((rows.row(0), rows.row(1), rows.row(2)), (&[0, 6][..], &[1, 4][..], &[2, 5][..]));
        assert_eq!(rows.row(9), &[] as &[u32]);
        rows.sort_rows_by_key(std::cmp::Reverse);
        assert_eq!(rows.row(0), [6, 0]);
    }

    #[test]
    fn a_sorted_row_gives_all_items_of_a_key() {
        let row = [10, 11, 20, 21, 22, 30];
        assert_eq!(equal_range(&row, 2, |item| item / 10), [20, 21, 22]);
        assert_eq!(equal_range(&row, 4, |item| item / 10), &[] as &[u32]);
    }
}
