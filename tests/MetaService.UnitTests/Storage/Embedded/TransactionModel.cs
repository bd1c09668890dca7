using System.Buffers.Binary;
using CsCheck;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Embedded;

/// <summary>
/// Random transactions and what they ought to do, on a plain sorted dictionary: writes happen at once, reads look them up.
/// Keys are few and short, so that operations meet often.
/// </summary>
internal static class TransactionModel
{
    public static readonly byte[] LastKey = [KvLimits.ReservedFirstByte];

    private static readonly Gen<byte[]> GenKey =
        Gen.Int[0, 3].Select(i => new byte[] { 0, 1, 2, 0xFE }[i]).Array[0, 2];

    private static readonly Gen<byte[]> GenValue = Gen.Byte.Array[0, 10];

    private static readonly Gen<(byte[] Begin, byte[] End)> GenRange =
        Gen.Select(GenKey, Gen.Frequency((4, GenKey), (1, Gen.Const(LastKey))))
            .Select(pair => pair.Item1.AsSpan().SequenceCompareTo(pair.Item2) <= 0 ? pair : (pair.Item2, pair.Item1))
            .Where(pair => pair.Item1.Length == 0 || pair.Item1[0] != KvLimits.ReservedFirstByte);

    public static readonly Gen<Operation> GenOperation = Gen.OneOf<Operation>(
        Gen.Select(GenKey, GenValue, (key, value) => (Operation)new Set(key, value)),
        Gen.Select(GenKey, key => (Operation)new Clear(key)),
        Gen.Select(GenRange, range => (Operation)new ClearRange(range.Begin, range.End)),
        Gen.Select(GenKey, Gen.Long, (key, delta) => (Operation)new Add(key, delta)),
        Gen.Select(GenKey, key => (Operation)new Get(key)),
        Gen.Select(GenRange, Gen.Int[0, 4], Gen.Bool, (range, limit, reverse) =>
            (Operation)new GetRange(range.Begin, range.End, new KvRangeOptions(limit, reverse))));

    /// <summary>A step of a transaction, on a store or on the model. Reads answer a text, writes an empty one.</summary>
    public abstract record Operation
    {
        public abstract Task<string> RunAsync(IKvTransaction transaction);

        public abstract string Run(SortedDictionary<string, byte[]> model);
    }

    public static string Describe(IEnumerable<KvPair> pairs) =>
        string.Join(' ', pairs.Select(pair => $"{Hex(pair.Key)}={Hex(pair.Value)}"));

    public static string Describe(SortedDictionary<string, byte[]> model) =>
        string.Join(' ', model.Select(pair => $"{pair.Key}={Hex(pair.Value)}"));

    public static SortedDictionary<string, byte[]> NewModel(SortedDictionary<string, byte[]>? copied = null) =>
        copied is null ? new(StringComparer.Ordinal) : new(copied, StringComparer.Ordinal);

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    /// <summary>Upper-case hex sorts like the bytes.</summary>
    private static List<string> KeysIn(SortedDictionary<string, byte[]> model, byte[] begin, byte[] end) =>
        model.Keys
            .Where(key => string.CompareOrdinal(key, Hex(begin)) >= 0 && string.CompareOrdinal(key, Hex(end)) < 0)
            .ToList();

    private sealed record Set(byte[] Key, byte[] Value) : Operation
    {
        public override Task<string> RunAsync(IKvTransaction transaction)
        {
            transaction.Set(Key, Value);
            return Task.FromResult(string.Empty);
        }

        public override string Run(SortedDictionary<string, byte[]> model)
        {
            model[Hex(Key)] = Value;
            return string.Empty;
        }
    }

    private sealed record Clear(byte[] Key) : Operation
    {
        public override Task<string> RunAsync(IKvTransaction transaction)
        {
            transaction.Clear(Key);
            return Task.FromResult(string.Empty);
        }

        public override string Run(SortedDictionary<string, byte[]> model)
        {
            model.Remove(Hex(Key));
            return string.Empty;
        }
    }

    private sealed record ClearRange(byte[] Begin, byte[] End) : Operation
    {
        public override Task<string> RunAsync(IKvTransaction transaction)
        {
            transaction.ClearRange(Begin, End);
            return Task.FromResult(string.Empty);
        }

        public override string Run(SortedDictionary<string, byte[]> model)
        {
            KeysIn(model, Begin, End).ForEach(key => model.Remove(key));
            return string.Empty;
        }
    }

    private sealed record Add(byte[] Key, long Delta) : Operation
    {
        public override Task<string> RunAsync(IKvTransaction transaction)
        {
            transaction.AtomicAdd(Key, Delta);
            return Task.FromResult(string.Empty);
        }

        public override string Run(SortedDictionary<string, byte[]> model)
        {
            var value = new byte[8];
            model.GetValueOrDefault(Hex(Key), []).Take(8).ToArray().CopyTo(value, 0);
            BinaryPrimitives.WriteInt64LittleEndian(value, unchecked(BinaryPrimitives.ReadInt64LittleEndian(value) + Delta));
            model[Hex(Key)] = value;
            return string.Empty;
        }
    }

    private sealed record Get(byte[] Key) : Operation
    {
        public override async Task<string> RunAsync(IKvTransaction transaction) =>
            await transaction.GetAsync(Key) is { } value ? Hex(value) : "absent";

        public override string Run(SortedDictionary<string, byte[]> model) =>
            model.TryGetValue(Hex(Key), out var value) ? Hex(value) : "absent";
    }

    private sealed record GetRange(byte[] Begin, byte[] End, KvRangeOptions Options) : Operation
    {
        public override async Task<string> RunAsync(IKvTransaction transaction)
        {
            var range = await transaction.GetRangeAsync(Begin, End, Options);
            return $"{Describe(range.Pairs)} more={range.HasMore}";
        }

        public override string Run(SortedDictionary<string, byte[]> model)
        {
            var keys = KeysIn(model, Begin, End);
            if (Options.Reverse)
            {
                keys.Reverse();
            }

            var pairs = keys.Take(Options.EffectiveLimit)
                .Select(key => new KvPair(Convert.FromHexString(key), model[key]))
                .ToList();
            return $"{Describe(pairs)} more={pairs.Count == Options.EffectiveLimit}";
        }
    }
}
