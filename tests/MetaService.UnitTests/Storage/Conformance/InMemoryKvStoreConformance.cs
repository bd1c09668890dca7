using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.Conformance;

public sealed class InMemoryKvStoreConformance : KvStoreConformance
{
    private readonly FakeTimeProvider _time = new();

    protected override ValueTask<IKvStore> OpenAsync() => ValueTask.FromResult<IKvStore>(new InMemoryKvStore(_time));

    protected override Task LetTimePassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
