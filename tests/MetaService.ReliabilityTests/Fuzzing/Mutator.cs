namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>Makes new inputs of old ones, as fuzzers do.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> pieces)
{
    private const int LongestInput = 4096;
    private const int LongestChange = 16;
    private const int MostChanges = 4;

    private static readonly byte[] Telling =
        [0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x7F, 0x80, 0xFE, 0xFF, (byte)'"', (byte)'\\', (byte)'0', (byte)'-'];

    private byte[] _buffer = [];
    private int _length;

    /// <param name="parent">What to change.</param>
    /// <param name="other">Where to take something from.</param>
    public byte[] Mutate(byte[] parent, byte[] other)
    {
        _buffer = new byte[LongestInput + 256];
        _length = Math.Min(parent.Length, LongestInput);
        parent.AsSpan(0, _length).CopyTo(_buffer);
        for (var changes = random.Next(1, MostChanges + 1); changes > 0; changes--)
        {
            Change(other);
        }

        return _buffer[.._length];
    }

    private void Change(byte[] other)
    {
        var at = random.Next(_length + 1);
        var length = Math.Min(random.Next(1, LongestChange + 1), _length - at);
        switch (random.Next(9))
        {
            case 0 when at < _length:
                _buffer[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < _length:
                _buffer[at] = Telling[random.Next(Telling.Length)];
                break;
            case 2 when at < _length:
                _buffer[at] += (byte)random.Next(-2, 3);
                break;
            case 3:
                Remove(at, length);
                break;
            case 4:
                Insert(at, _buffer.AsSpan(at, length).ToArray());
                break;
            case 5 when pieces.Count > 0:
                Insert(at, pieces[random.Next(pieces.Count)]);
                break;
            case 6 when other.Length > 0:
                var from = random.Next(other.Length);
                Insert(at, other.AsSpan(from, Math.Min(random.Next(1, 64), other.Length - from)));
                break;
            case 7 when random.Next(8) == 0:
                _length = at;
                break;
            default:
                Insert(at, [(byte)random.Next(256)]);
                break;
        }
    }

    private void Remove(int at, int length)
    {
        _buffer.AsSpan((at + length).._length).CopyTo(_buffer.AsSpan(at));
        _length -= length;
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length <= LongestInput)
        {
            _buffer.AsSpan(at.._length).CopyTo(_buffer.AsSpan(at + bytes.Length));
            bytes.CopyTo(_buffer.AsSpan(at));
            _length += bytes.Length;
        }
    }
}
