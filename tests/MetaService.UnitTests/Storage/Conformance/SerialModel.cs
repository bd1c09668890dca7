using System.Buffers.Binary;
using System.Globalization;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

/// <summary>The obvious, serial implementation of the few keys that random tests work on.</summary>
internal sealed class SerialModel
{
    /// <summary>Keys are the numbers below this one.</summary>
    public const byte Keys = 12;

    private readonly SortedDictionary<byte, byte[]> _values = [];

    private SerialModel(SortedDictionary<byte, byte[]> values) => _values = values;

    public SerialModel()
    {
    }

    public SerialModel Copy() => new(new SortedDictionary<byte, byte[]>(_values));

    public void Set(byte key, byte[] value) => _values[key] = value;

    public void ClearRange(byte begin, byte end)
    {
        for (var key = begin; key < end; key++)
        {
            _values.Remove(key);
        }
    }

    public void Add(byte key, long delta)
    {
        var operand = new byte[8];
        if (_values.TryGetValue(key, out var old))
        {
            old.AsSpan(0, Math.Min(8, old.Length)).CopyTo(operand);
        }

        var sum = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(sum, unchecked(BinaryPrimitives.ReadInt64LittleEndian(operand) + delta));
        _values[key] = sum;
    }

    public string Get(byte key) => _values.TryGetValue(key, out var value) ? Show(key, value) : "absent";

    public string GetRange(byte begin, byte end, int limit, bool reverse)
    {
        var pairs = _values.Where(pair => pair.Key >= begin && pair.Key < end);
        return Show((reverse ? pairs.Reverse() : pairs).Take(limit).Select(pair => (pair.Key, pair.Value)));
    }

    public override string ToString() => GetRange(0, Keys, Keys, reverse: false);

    /// <summary>What the store holds under the prefix, in the form of <see cref="ToString"/>.</summary>
    public static async Task<string> ReadAllAsync(IKvStore store, byte[] prefix)
    {
        using var reader = store.BeginRead();
        var range = await reader.GetRangeAsync(StoreKey(prefix, 0), StoreKey(prefix, Keys));
        return Show(range);
    }

    public static byte[] StoreKey(byte[] prefix, byte key) => [.. prefix, key];

    public static string Show(KvRange range) => Show(range.Pairs.Select(pair => (pair.Key[^1], pair.Value)));

    public static string Show(byte key, byte[] value) =>
        string.Create(CultureInfo.InvariantCulture, $"{key}={Convert.ToHexString(value)}");

    private static string Show(IEnumerable<(byte Key, byte[] Value)> pairs) =>
        string.Join(' ', pairs.Select(pair => Show(pair.Key, pair.Value)));
}

/// <summary>One call of a transaction, which can be made on a store and on the model. A write answers an empty text.</summary>
internal abstract record Step
{
    /// <summary>Whether this is a snapshot read, which need not hold at the transaction's place in the order of commits.</summary>
    public virtual bool IsSnapshot => false;

    public abstract ValueTask<string> RunAsync(IKvTransaction transaction, byte[] prefix);

    public abstract string ExpectedOn(SerialModel model);

    public static Step Random(Random random)
    {
        var key = (byte)random.Next(SerialModel.Keys);
        var other = (byte)random.Next(SerialModel.Keys + 1);
        byte begin = Math.Min(key, other), end = Math.Max(key, other);
        return random.Next(10) switch
        {
            0 or 1 or 2 => new GetStep(key, random.Next(4) == 0),
            3 or 4 => new GetRangeStep(begin, end, random.Next(1, 6), random.Next(2) == 0, random.Next(4) == 0),
            5 or 6 => new SetStep(key, RandomValue(random)),
            7 => new AddStep(key, random.NextInt64(long.MinValue, long.MaxValue)),
            8 => new ClearStep(key),
            _ => new ClearRangeStep(begin, Math.Min(end, (byte)(begin + 3))),
        };
    }

    private static byte[] RandomValue(Random random)
    {
        var value = new byte[random.Next(11)];
        random.NextBytes(value);
        return value;
    }
}

internal sealed record GetStep(byte Key, bool Snapshot) : Step
{
    public override bool IsSnapshot => Snapshot;

    public override async ValueTask<string> RunAsync(IKvTransaction transaction, byte[] prefix)
    {
        var value = await transaction.GetAsync(SerialModel.StoreKey(prefix, Key), Snapshot);
        return value is null ? "absent" : SerialModel.Show(Key, value);
    }

    public override string ExpectedOn(SerialModel model) => model.Get(Key);
}

internal sealed record GetRangeStep(byte Begin, byte End, int Limit, bool Reverse, bool Snapshot) : Step
{
    public override bool IsSnapshot => Snapshot;

    public override async ValueTask<string> RunAsync(IKvTransaction transaction, byte[] prefix) =>
        SerialModel.Show(await transaction.GetRangeAsync(
            SerialModel.StoreKey(prefix, Begin), SerialModel.StoreKey(prefix, End), new KvRangeOptions(Limit, Reverse, Snapshot)));

    public override string ExpectedOn(SerialModel model) => model.GetRange(Begin, End, Limit, Reverse);
}

/// <summary>A step that answers nothing.</summary>
internal abstract record WriteStep : Step
{
    protected abstract void Write(IKvTransaction transaction, byte[] prefix);

    protected abstract void Write(SerialModel model);

    public sealed override ValueTask<string> RunAsync(IKvTransaction transaction, byte[] prefix)
    {
        Write(transaction, prefix);
        return ValueTask.FromResult("");
    }

    public sealed override string ExpectedOn(SerialModel model)
    {
        Write(model);
        return "";
    }
}

internal sealed record SetStep(byte Key, byte[] Value) : WriteStep
{
    protected override void Write(IKvTransaction transaction, byte[] prefix) =>
        transaction.Set(SerialModel.StoreKey(prefix, Key), Value);

    protected override void Write(SerialModel model) => model.Set(Key, Value);
}

internal sealed record AddStep(byte Key, long Delta) : WriteStep
{
    protected override void Write(IKvTransaction transaction, byte[] prefix) =>
        transaction.AtomicAdd(SerialModel.StoreKey(prefix, Key), Delta);

    protected override void Write(SerialModel model) => model.Add(Key, Delta);
}

internal sealed record ClearStep(byte Key) : WriteStep
{
    protected override void Write(IKvTransaction transaction, byte[] prefix) =>
        transaction.Clear(SerialModel.StoreKey(prefix, Key));

    protected override void Write(SerialModel model) => model.ClearRange(Key, (byte)(Key + 1));
}

internal sealed record ClearRangeStep(byte Begin, byte End) : WriteStep
{
    protected override void Write(IKvTransaction transaction, byte[] prefix) =>
        transaction.ClearRange(SerialModel.StoreKey(prefix, Begin), SerialModel.StoreKey(prefix, End));

    protected override void Write(SerialModel model) => model.ClearRange(Begin, End);
}
