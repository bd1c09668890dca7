using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using MetaService.Bench;
using MetaService.Keys;
using MetaService.Storage.RocksDb;

namespace MetaService.Microbench;

/// <summary>The embedded store with 10,000 values as long as the record of the example instance.</summary>
public class StoreBenchmarks
{
    private const int Values = 10_000;
    private const int Together = 32;

    private readonly byte[] _value = ExampleInstance.Record(ExampleInstance.DocumentId).ToByteArray();
    private string _directory = "";
    private RocksDbKvStore _store = null!;
    private int _next;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _directory = Directory.CreateTempSubdirectory("metaservice-microbench-store-").FullName;
        _store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = _directory }, TimeProvider.System);
        foreach (var numbers in Enumerable.Range(0, Values).Chunk(1000))
        {
            using var transaction = _store.BeginTransaction();
            foreach (var number in numbers)
            {
                transaction.Set(KeyOf(number), _value);
            }

            (await transaction.CommitAsync()).ThrowIfFailed();
        }
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark]
    public async Task<byte[]?> Get()
    {
        using var reader = _store.BeginRead();
        return await reader.GetAsync(KeyOf(Next()));
    }

    /// <summary>Reads a value, writes it and waits until it is on disk.</summary>
    [Benchmark]
    public Task Commit() => CommitAsync(Next());

    /// <summary>The same 32 times at once; the time is that of one.</summary>
    [Benchmark(OperationsPerInvoke = Together)]
    public Task CommitTogether() => Task.WhenAll(Enumerable.Range(0, Together).Select(_ => CommitAsync(Next())));

    private async Task CommitAsync(int number)
    {
        using var transaction = _store.BeginTransaction();
        var key = KeyOf(number);
        var value = await transaction.GetAsync(key);
        transaction.Set(key, value!);
        (await transaction.CommitAsync()).ThrowIfFailed();
    }

    private int Next() => _next = (_next + 1) % Values;

    private static byte[] KeyOf(int number) => Key.Instance($"s{number}").Bytes;
}
