//! Facts as one blob for the store, and back: columns byte plane by byte plane, terms as varints, compressed as a whole.
//!
//! A blob of another version or a damaged one is an error, never a panic: the file is then parsed again.

use std::cell::RefCell;

use bytemuck::Pod;
use lz4_flex::block::{compress_into, get_maximum_output_size};

use super::{FACTS_VERSION, FactsError, FileFacts, Header, NO_INDEX, Str, StringTable, Term};

impl FileFacts {
    /// The blob for the store: version, then the columns, LZ4-compressed. Terms are varints, symbol by symbol.
    pub fn encode(&self) -> Vec<u8> {
        let Scratch { mut raw, mut packed } = *SCRATCH.take();
        self.write_columns(&mut raw);
        let most = get_maximum_output_size(raw.len());
        if packed.len() < most {
            packed.resize(most, 0);
        }
        let length = compress_into(&raw, &mut packed).expect("there is room for what cannot be compressed at all");
        let (version, size) = (FACTS_VERSION.to_le_bytes(), (raw.len() as u32).to_le_bytes());
        let blob = [&version[..], &size, &packed[..length]].concat();
        if most <= SCRATCH_BYTES {
            raw.clear();
            SCRATCH.set(Box::new(Scratch { raw, packed }));
        }
        blob
    }

    fn write_columns(&self, raw: &mut Vec<u8>) {
        raw.extend_from_slice(bytemuck::bytes_of(&self.header));
        column(raw, self.strings.bytes());
        column(raw, &self.strings.lengths());
        column(raw, &self.symbols);
        column(raw, &self.parameters);
        column(raw, &self.references);
        column(raw, &self.imports);
        column(raw, &self.bindings);
        column(raw, &self.members);
        column(raw, &self.details);
        column(raw, &encode_terms(&self.terms));
    }

    /// Reads a blob back.
    ///
    /// # Errors
    /// [`FactsError`] when the blob is of another version or damaged; the file is then parsed again.
    pub fn decode(blob: &[u8]) -> Result<Self, FactsError> {
        let (version, packed) = blob.split_at_checked(4).ok_or(FactsError::Damaged("too short"))?;
        let found = u32::from_le_bytes([version[0], version[1], version[2], version[3]]);
        if found != FACTS_VERSION {
            return Err(FactsError::Version { found });
        }
        let raw = lz4_flex::decompress_size_prepended(packed).map_err(|_| FactsError::Damaged("compression"))?;
        let mut reader = Reader { rest: &raw };
        let header = bytemuck::pod_read_unaligned(reader.take(size_of::<Header>())?);
        let strings = StringTable::from_lengths(reader.column()?, &reader.column::<u32>()?)?;
        let facts = FileFacts {
            header,
            strings,
            symbols: reader.column()?,
            parameters: reader.column()?,
            references: reader.column()?,
            imports: reader.column()?,
            bindings: reader.column()?,
            members: reader.column()?,
            details: reader.column()?,
            terms: decode_terms(&reader.column::<u8>()?)?,
        };
        facts.check()?;
        Ok(facts)
    }

    /// A damaged blob must be an error here, not a panic in a later stage.
    fn check(&self) -> Result<(), FactsError> {
        let symbols = self.symbols.len() as u32;
        let nested = self.symbols.iter().enumerate().all(|(index, symbol)| {
            let parent = if index == 0 { symbol.parent == NO_INDEX } else { symbol.parent < index as u32 };
            let last = u64::from(symbol.first_parameter) + u64::from(symbol.parameter_count);
            parent && last <= self.parameters.len() as u64
        });
        let owned = self.references.iter().all(|reference| reference.owner < symbols)
            && self.imports.iter().all(|import| import.owner < symbols)
            && self.bindings.iter().all(|binding| binding.owner < symbols)
            && self.members.iter().all(|member| member.owner < symbols)
            && self.details.iter().all(|detail| detail.owner < symbols)
            && self.terms.iter().all(|term| term.symbol < symbols);
        if nested && owned { Ok(()) } else { Err(FactsError::Damaged("indexes")) }
    }
}

/// Memory in which blobs are put together, from one file to the next.
#[derive(Default)]
struct Scratch {
    raw: Vec<u8>,
    packed: Vec<u8>,
}

/// Larger blobs leave none of it.
const SCRATCH_BYTES: usize = 4 << 20;

thread_local! {
    static SCRATCH: RefCell<Box<Scratch>> = RefCell::default();
}

/// Writes records byte plane by byte plane: first bytes of all, then second bytes of all. The high bytes of numbers are
/// mostly zero and neighbours mostly alike, so planes compress a quarter better than records do.
fn column<T: Pod>(out: &mut Vec<u8>, records: &[T]) {
    out.extend_from_slice(&(records.len() as u32).to_le_bytes());
    let bytes: &[u8] = bytemuck::cast_slice(records);
    for plane in 0..size_of::<T>() {
        out.extend(bytes.iter().skip(plane).step_by(size_of::<T>()));
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], FactsError> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(FactsError::Damaged("too short"))?;
        self.rest = rest;
        Ok(head)
    }

    fn column<T: Pod>(&mut self) -> Result<Vec<T>, FactsError> {
        let count: u32 = bytemuck::pod_read_unaligned(self.take(4)?);
        let count = count as usize;
        let planes = self.take(count.checked_mul(size_of::<T>()).ok_or(FactsError::Damaged("too short"))?)?;
        let mut records = vec![T::zeroed(); count];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut records);
        for (plane, values) in planes.chunks_exact(count.max(1)).enumerate() {
            for (index, &value) in values.iter().enumerate() {
                bytes[index * size_of::<T>() + plane] = value;
            }
        }
        Ok(records)
    }
}

/// Terms are half of all facts, and small numbers: per term the step to its symbol (0 mostly) with field and a short
/// count in one byte, then the string number as a varint.
fn encode_terms(terms: &[Term]) -> Vec<u8> {
    let mut out = Vec::with_capacity(terms.len() * 3);
    let mut symbol = 0;
    for term in terms {
        varint(&mut out, (term.symbol - symbol) << 2 | term.field);
        varint(&mut out, term.text.0);
        varint(&mut out, term.count);
        symbol = term.symbol;
    }
    out
}

fn decode_terms(mut bytes: &[u8]) -> Result<Vec<Term>, FactsError> {
    let mut terms = Vec::with_capacity(bytes.len() / 3);
    let mut symbol = 0u32;
    while !bytes.is_empty() {
        let head = read_varint(&mut bytes)?;
        symbol = symbol.checked_add(head >> 2).ok_or(FactsError::Damaged("terms"))?;
        let text = Str(read_varint(&mut bytes)?);
        terms.push(Term { symbol, text, field: head & 3, count: read_varint(&mut bytes)? });
    }
    Ok(terms)
}

fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Result<u32, FactsError> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(FactsError::Damaged("terms"))?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f).checked_shl(shift).ok_or(FactsError::Damaged("terms"))?;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(FactsError::Damaged("terms"))
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable;

    use super::*;
    use crate::syntax::facts::{Detail, Interner, Parameter, Reference, Symbol, SymbolKind, file_flag};

    fn sample() -> FileFacts {
        let mut interner = Interner::default();
        let name = interner.intern(b"app");
        let method = interner.intern("größe".as_bytes());
        let mut module = Symbol::zeroed();
        (module.name, module.qualified, module.parent) = (name, name, NO_INDEX);
        let mut function = Symbol::zeroed();
        (function.name, function.kind, function.parameter_count) = (method, SymbolKind::Function as u8, 1);
        FileFacts {
            header: Header { lines: 7, syntax_errors: 1, flags: file_flag::TEST, pad: 0 },
            strings: interner.table,
            symbols: vec![module, function],
            parameters: vec![Parameter { name: method, type_name: Str::NONE, default: Str::NONE, kind: 3 }],
            references: vec![Reference { owner: 1, name, receiver: Str::NONE, line: 300, kind: 0 }],
            imports: vec![],
            bindings: vec![],
            members: vec![],
            details: vec![Detail { owner: 1, text: name, kind: 1 }],
            terms: vec![
                Term { symbol: 0, text: method, field: 3, count: 1 },
                Term { symbol: 1, text: name, field: 2, count: 90_000 },
            ],
        }
    }

    #[test]
    fn facts_survive_the_round_trip() {
        let facts = sample();
        let back = FileFacts::decode(&facts.encode()).expect("own encoding");
        assert_eq!(back.header, facts.header);
        assert_eq!(back.strings, facts.strings);
        assert_eq!(back.terms, facts.terms);
        assert_eq!(back.text(back.symbols[1].name), "größe".as_bytes());
        assert_eq!(back.references[0].line, 300);
        assert_eq!((back.details[0].owner, back.text(back.details[0].text)), (1, &b"app"[..]));
    }

    #[test]
    fn every_truncation_of_a_blob_is_an_error_and_never_a_panic() {
        let blob = sample().encode();
        for length in 0..blob.len() {
            assert!(FileFacts::decode(&blob[..length]).is_err(), "{length} of {} bytes", blob.len());
        }
    }

    #[test]
    fn facts_of_another_version_ask_to_be_made_again() {
        let mut blob = sample().encode();
        blob[0] = 99;
        assert_eq!(FileFacts::decode(&blob).err(), Some(FactsError::Version { found: 99 }));
    }

    #[test]
    fn an_owner_that_does_not_exist_is_damage() {
        let mut facts = sample();
        facts.references[0].owner = 2;
        assert_eq!(FileFacts::decode(&facts.encode()).err(), Some(FactsError::Damaged("indexes")));
    }
}
