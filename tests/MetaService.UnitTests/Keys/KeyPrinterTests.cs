using System.Text;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.UnitTests.Keys;

public class KeyPrinterTests
{
    public static TheoryData<int> Drawn =>
        [.. Enumerable.Range(0, KeyVector.All.Count).Where(i => KeyVector.All[i].UnicodeDiagram is not null)];

    [Fact]
    public void There_are_golden_diagrams() => Drawn.Count.Should().Be(45);

    [Theory]
    [MemberData(nameof(Drawn))]
    public void Draws_each_golden_diagram(int index)
    {
        var vector = KeyVector.All[index];

        KeyPrinter.Print(vector.Key).Should().Be(vector.UnicodeDiagram);
        KeyPrinter.Print(vector.Hex, unicode: false).Should().Be(vector.AsciiDiagram);
    }

    [Fact]
    public void Draws_a_versionstamp_and_a_key_of_no_known_type()
    {
        var key = KeySpace.VersionedMetaIndex.Encode("i", 7, Versionstamp.Read(Convert.FromHexString("00000182a5ed173f0012")));
        key[0] = 0x7f;

        KeyPrinter.Print(key, unicode: false).TrimEnd().Split('\n').Should().Equal(
            "/----------------------------------------------------------- 0. key space: 127",
            "| /--------------------------------------------------------- 1. meta",
            "| |             /------------------------------------------- 2. i",
            "| |             |       /----------------------------------- 3. index",
            "| |             |       |               /------------------- 4. 7",
            "| |             |       |               |                 /- 5. versionstamp: 00000182a5ed173f0012",
            "| |             |       |               |                 | ",
            "v v             v       v               v                 v ",
            "7f106d65746100011069000110696e64657800011200000000000000071300000182a5ed173f0012ff");
    }

    [Theory]
    [InlineData("a\nb\tc\r", @"a\nb\tc\r")]
    [InlineData("\0\u0001\u001b[31m\u007f", @"\x00\x01\x1b[31m\x7f")]
    [InlineData("\u0085\u202e\u2028\ufeff", @"\u{85}\u{202e}\u{2028}\u{feff}")]
    [InlineData("中文é😀", "中文é😀")]
    [InlineData(@"a\b", @"a\b")]
    public void Escapes_what_would_break_the_drawing(string text, string expected)
    {
        KeyPrinter.Escape(text).Should().Be(expected);
        KeyPrinter.Print(KeySpace.Instance.Encode(text)).Split('\n')[2].Should().EndWith(" 2. " + expected);
    }

    [Theory]
    [InlineData("c328", @"\xc3(")]
    [InlineData("ff", @"\xff")]
    [InlineData("61e4b8", @"a\xe4\xb8")]
    [InlineData("eda080", @"\xed\xa0\x80")]
    public void Escapes_bytes_that_are_not_UTF8(string hex, string expected) =>
        KeyPrinter.Escape(Convert.FromHexString(hex)).Should().Be(expected);

    [Theory]
    [InlineData("0110690001")]
    [InlineData("0x0110690001")]
    [InlineData("0X0110690001")]
    [InlineData(@"\x0110690001")]
    [InlineData(@"\x01\x10\x69\x00\x01")]
    [InlineData(@"\X01\X10\X69\X00\X01")]
    [InlineData(" 0110690001\n")]
    public void Accepts_the_usual_forms_of_hex(string text)
    {
        KeyHex.Parse(text).Should().Equal(0x01, 0x10, 0x69, 0x00, 0x01);
        KeyHex.Parse(text.ToUpperInvariant()).Should().Equal(0x01, 0x10, 0x69, 0x00, 0x01);
    }

    [Theory]
    [InlineData("", "the key is empty")]
    [InlineData("  ", "the key is empty")]
    [InlineData("0x", "the key is empty")]
    [InlineData(@"\x", "the key is empty")]
    [InlineData("011", "the key has an odd number of hex digits, 3")]
    [InlineData(@"\x1\x0", @"the key is not hex: digit 2 is '\'")]
    [InlineData("zz", "the key is not hex: digit 1 is 'z'")]
    [InlineData("01\n10", @"the key is not hex: digit 3 is '\n'")]
    [InlineData("0110٣", "the key is not hex: digit 5 is '٣'")]
    public void Refuses_what_is_not_hex(string text, string message) =>
        FluentActions.Invoking(() => KeyPrinter.Print(text)).Should().Throw<KeyFormatException>().WithMessage(message);

    [Fact]
    public void Refuses_a_key_with_absurdly_many_fields()
    {
        var key = new StringBuilder("01").Insert(2, "100001", 33).ToString();

        FluentActions.Invoking(() => KeyPrinter.Print(key))
            .Should().Throw<KeyFormatException>().WithMessage("*more than 32 fields");
        KeyPrinter.Print(key[..^6]).Should().EndWith(key[..^6] + "\n");
    }

    [Fact]
    public void Prints_bytes_as_fdbcli_takes_them() => KeyHex.Escaped([0x01, 0xAB, 0x00]).Should().Be(@"\x01\xab\x00");
}
