using MetaService.Server.Settings;

namespace MetaService.TestKit.Support;

/// <summary>A server that the tests of a class share; each test keeps to instances of its own.</summary>
public abstract class ServerFixture(string store, Action<ServerOptions>? configure = null) : IAsyncLifetime
{
    private InProcessServer? _server;

    public InProcessServer Server => _server ?? throw new InvalidOperationException("the fixture is not started yet");

    public async Task InitializeAsync() => _server = await InProcessServer.StartAsync(store, configure);

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

/// <summary>A server on the memory store.</summary>
public sealed class MemoryServer() : ServerFixture("memory");

/// <summary>A server on the embedded durable store.</summary>
public sealed class RocksDbServer() : ServerFixture("rocksdb");

/// <summary>Tests after each of which the store of their server must be sound.</summary>
public abstract class SoundStoreTests(ServerFixture fixture) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => StoreContent.ShouldBeSoundAsync(fixture.Server.Store);
}
