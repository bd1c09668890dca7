using MetaService.Storage;
using MetaService.Storage.RocksDb;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.Conformance;

public sealed class RocksDbKvStoreConformance : KvStoreConformance
{
    private readonly FakeTimeProvider _time = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("conformance-");

    protected override ValueTask<IKvStore> OpenAsync() =>
        ValueTask.FromResult<IKvStore>(RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = _directory.FullName }, _time));

    protected override Task LetTimePassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
