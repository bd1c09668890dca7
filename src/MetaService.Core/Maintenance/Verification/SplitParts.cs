using System.Buffers;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Maintenance.Verification;

/// <summary>The parts of one split value, added in the order of their keys.</summary>
internal sealed class SplitParts
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private bool _isWhole;
    private int? _valueVersion;
    private int _nextSequence;

    /// <param name="first">The key of the first part.</param>
    public SplitParts(ParsedKey first, byte[] firstBytes)
    {
        Key = new ParsedKey(first.Definition, first.Values);
        KeyBytes = first.Chunk is null ? firstBytes : firstBytes[..^OrderedCodec.Int64Length];
    }

    /// <summary>The key that the keys of all parts begin with.</summary>
    public ParsedKey Key { get; }

    /// <inheritdoc cref="Key"/>
    public byte[] KeyBytes { get; }

    /// <summary>How many parts there are.</summary>
    public int Count { get; private set; }

    /// <summary>What is wrong with the parts, or null. The first thing only: after it nothing fits any more.</summary>
    public string? Problem { get; private set; }

    /// <summary>The value when it is a record and nothing is wrong with its parts; else part of it.</summary>
    public byte[] Bytes => _bytes.WrittenSpan.ToArray();

    /// <summary>Adds a part; false when the pair is none of this value.</summary>
    public bool TryAdd(KvPair pair)
    {
        if (!pair.Key.AsSpan().StartsWith(KeyBytes) || !Key.Definition.TryParse(pair.Key, out var key)
            || key.Values.Count != Key.Values.Count)
        {
            return false;
        }

        Count++;
        Note(key.Chunk);
        if (Problem is null && Key.Definition.Value.Kind == KeyValueKind.SplitRecord)
        {
            _bytes.Write(pair.Value);
        }

        return true;
    }

    private void Note(long? chunk)
    {
        if (chunk is not { } number)
        {
            _isWhole = true;
        }
        else if (_isWhole)
        {
            Problem ??= "there are chunks beside a value that is not split: there must be the one or the others";
        }
        else if (!SplitValueAccess.TryReadChunkNumber(number, out var valueVersion, out var sequence))
        {
            Problem ??= $"0x{number:x16} is not the number of a chunk";
        }
        else if (valueVersion != (_valueVersion ??= valueVersion))
        {
            Problem ??= $"chunks of value version {valueVersion} lie beside those of version {_valueVersion}: all must be of one";
        }
        else if (sequence != _nextSequence++)
        {
            Problem ??= $"chunk {_nextSequence - 1} is missing before chunk {sequence}: chunks count from 0 without gaps";
        }
    }
}
