using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>
/// Written by name; a number that came from a newer peer and has no name here is written as a number. Read by name, alias or
/// number, and only if the value is known.
/// </summary>
internal sealed class EnumCodec<TEnum> : ValueCodec<TEnum>
    where TEnum : struct, Enum
{
    private const int MostNamesInErrors = 16;

    private readonly NameTable<int> _byName;
    private readonly FrozenDictionary<int, byte[]> _byNumber;
    private readonly string _expected;

    public EnumCodec(EnumDescriptor descriptor)
    {
        var names = descriptor.Values.Select(value => (value.Name, value.Number));
        var aliases = EnumAliases.Of(descriptor).Select(alias => (alias.Key, alias.Value.Number));
        _byName = new NameTable<int>(names
            .Concat(aliases)
            .Select(pair => KeyValuePair.Create(Encoding.UTF8.GetBytes(pair.Item1), pair.Number)));
        _byNumber = descriptor.Values
            .DistinctBy(value => value.Number)
            .ToFrozenDictionary(value => value.Number, value => Encoding.UTF8.GetBytes(value.Name));
        _expected = descriptor.Values.Count <= MostNamesInErrors
            ? $"one of {string.Join(", ", descriptor.Values.Select(value => value.Name))}"
            : $"a name or number of {descriptor.Name}";
    }

    public override TEnum Read(ref JsonCursor json)
    {
        var number = 0;
        var known = json.Token switch
        {
            JsonTokenType.String => _byName.TryFind(json.Text, out number),
            JsonTokenType.Number => Int32Codec.TryRead(ref json, out number) && _byNumber.ContainsKey(number),
            _ => false,
        };
        return known ? Unsafe.BitCast<int, TEnum>(number) : throw json.Unexpected(_expected);
    }

    public override void Write(ref JsonTokenWriter json, TEnum value)
    {
        var number = Unsafe.BitCast<TEnum, int>(value);
        if (_byNumber.TryGetValue(number, out var name))
        {
            json.WritePlainString(name);
        }
        else
        {
            json.WriteNumber((long)number);
        }
    }
}
