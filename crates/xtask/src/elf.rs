//! What a linked program is made of: sections and functions of a 32-bit little-endian ELF file.

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'e> {
    pub name: &'e str,
    pub bytes: u32,
    flags: u32,
    kind: u32,
    offset: u32,
    link: u32,
}

impl Section<'_> {
    /// It takes memory on the chip.
    pub const fn is_loaded(&self) -> bool {
        const ALLOCATED: u32 = 2;
        self.flags & ALLOCATED != 0 && self.bytes > 0
    }

    /// It takes RAM.
    pub const fn is_writable(&self) -> bool {
        const WRITABLE: u32 = 1;
        self.is_loaded() && self.flags & WRITABLE != 0
    }

    /// Its bytes are in the image.
    pub const fn is_stored(&self) -> bool {
        const NO_BITS: u32 = 8;
        self.is_loaded() && self.kind != NO_BITS
    }
}

/// A function or a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol<'e> {
    pub name: &'e str,
    pub address: u32,
    pub bytes: u32,
}

/// A file that was read.
#[derive(Debug, Clone, Copy)]
pub struct Elf<'e>(&'e [u8]);

impl<'e> Elf<'e> {
    /// `None` for a file of another kind.
    pub fn new(bytes: &'e [u8]) -> Option<Self> {
        bytes.starts_with(b"\x7fELF\x01\x01").then_some(Self(bytes))
    }

    /// All sections; `None` when the file is broken.
    pub fn sections(self) -> Option<Vec<Section<'e>>> {
        let (table, size) = (self.word(32)?, u32::from(self.half(46)?));
        let header = |index: u16| table + u32::from(index) * size;
        let names = self.word(header(self.half(50)?) + 16)?;
        (0..self.half(48)?).map(|index| self.section(header(index), names)).collect()
    }

    fn section(self, header: u32, names: u32) -> Option<Section<'e>> {
        let word = |index: u32| self.word(header + 4 * index);
        let name = self.text(names + word(0)?)?;
        Some(Section {
            name,
            kind: word(1)?,
            flags: word(2)?,
            offset: word(4)?,
            bytes: word(5)?,
            link: word(6)?,
        })
    }

    /// The bytes of a section that has some in the file.
    pub fn content(self, section: &Section<'_>) -> Option<&'e [u8]> {
        self.0.get(at(section.offset)?..at(section.offset.checked_add(section.bytes)?)?)
    }

    /// What must lie in the chip's memory before the program starts: addresses and bytes.
    pub fn segments(self) -> Option<Vec<(u32, &'e [u8])>> {
        const LOADED: u32 = 1;
        let (table, size) = (self.word(28)?, u32::from(self.half(42)?));
        let headers = (0..self.half(44)?).map(|index| table + u32::from(index) * size);
        let loaded = headers.filter(|header| self.word(*header) == Some(LOADED));
        loaded.map(|header| self.segment(header)).collect()
    }

    fn segment(self, header: u32) -> Option<(u32, &'e [u8])> {
        let word = |index: u32| self.word(header + 4 * index);
        let (offset, address, bytes) = (word(1)?, word(3)?, word(4)?);
        Some((address, self.0.get(at(offset)?..at(offset.checked_add(bytes)?)?)?))
    }

    /// All named places of the program.
    pub fn symbols(self) -> Option<Vec<Symbol<'e>>> {
        const ENTRY: u32 = 16;
        let sections = self.sections()?;
        let table = sections.iter().find(|section| section.name == ".symtab")?;
        let names = sections.get(at(table.link)?)?.offset;
        let entries = (0..table.bytes / ENTRY).map(|index| table.offset + index * ENTRY);
        entries
            .map(|entry| {
                let name = self.text(names + self.word(entry)?)?;
                Some(Symbol { name, address: self.word(entry + 4)?, bytes: self.word(entry + 8)? })
            })
            .collect()
    }

    fn text(self, offset: u32) -> Option<&'e str> {
        let bytes = self.0.get(at(offset)?..)?.split(|byte| *byte == 0).next()?;
        std::str::from_utf8(bytes).ok()
    }

    fn word(self, offset: u32) -> Option<u32> {
        self.0.get(at(offset)?..)?.first_chunk().copied().map(u32::from_le_bytes)
    }

    fn half(self, offset: u32) -> Option<u16> {
        self.0.get(at(offset)?..)?.first_chunk().copied().map(u16::from_le_bytes)
    }
}

fn at(offset: u32) -> Option<usize> {
    usize::try_from(offset).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert!(Elf::new(b"").is_none());
        assert!(Elf::new(b"\x7fELF\x02\x01 a 64-bit one").is_none());
        let cut = Elf::new(b"\x7fELF\x01\x01 cut off").unwrap();
        assert_eq!((cut.sections(), cut.symbols()), (None, None));
    }

    /// A file with the section table behind the header, and one section, which holds its own name.
    fn small() -> Vec<u8> {
        let mut file = vec![0; 52];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        file[32..36].copy_from_slice(&52_u32.to_le_bytes());
        file[46..52].copy_from_slice(&[40, 0, 1, 0, 0, 0]);
        let words: [u32; 10] = [0, 1, 3, 0, 92, 6, 0, 0, 0, 0];
        words.iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(b".data\0");
        file
    }

    #[test]
    fn a_section_tells_what_it_takes() {
        let file = small();
        let elf = Elf::new(&file).unwrap();
        let sections = elf.sections().unwrap();
        let [data] = &sections[..] else { panic!("{sections:?}") };
        assert_eq!((data.name, data.bytes), (".data", 6));
        assert!(data.is_loaded() && data.is_writable() && data.is_stored());
        assert_eq!(elf.content(data), Some(&b".data\0"[..]));
    }
}
